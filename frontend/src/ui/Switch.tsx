import { Switch as Radix } from "radix-ui";
import type { ComponentProps } from "react";

export function Switch({ className, ...rest }: ComponentProps<typeof Radix.Root>) {
  return (
    <Radix.Root
      className="relative h-[18px] w-8 shrink-0 rounded-full bg-field transition-colors disabled:cursor-not-allowed disabled:opacity-55 data-[state=checked]:bg-accent"
      {...rest}
    >
      <Radix.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-surface transition-transform data-[state=checked]:translate-x-4" />
    </Radix.Root>
  );
}
