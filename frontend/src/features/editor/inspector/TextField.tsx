import { useState } from "react";

import { Input } from "@/ui";

import type { ComponentProps } from "react";

export interface TextFieldProps extends Omit<ComponentProps<"input">, "value" | "onChange"> {
  value: string;
  /** Told on Enter and when the field is left. */
  onCommit: (text: string) => unknown;
}

/** A text that counts once it is finished, such as a name that other things refer to. */
export function TextField({ value, onCommit, ...rest }: TextFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = (): void => {
    if (typed !== null && typed !== value) onCommit(typed);
    setTyped(null);
  };
  return (
    <Input
      {...rest}
      value={typed ?? value}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
        else if (event.key === "Escape" && typed !== null) {
          setTyped(null);
          event.stopPropagation();
        }
      }}
    />
  );
}
