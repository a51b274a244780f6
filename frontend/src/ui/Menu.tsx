import { clsx } from "clsx";
import { ContextMenu as RadixContext, DropdownMenu as RadixDropdown } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { keysText } from "./Kbd";

export interface MenuItem {
  id: string;
  label: ReactNode;
  icon?: ReactNode;
  shortcut?: string;
  danger?: boolean;
  disabled?: boolean;
  /** A tick in front: for a choice among several. */
  checked?: boolean;
  onSelect: () => void;
}

/** `"line"` draws a separator; a `heading` names the group that follows. */
export type MenuEntry = MenuItem | "line" | { heading: string };

const CONTENT =
  "z-[60] min-w-44 max-w-80 animate-pop rounded-md border border-line bg-raised p-1 shadow-float outline-none";
const ITEM =
  "flex items-center gap-2 rounded-sm px-2 py-1.5 text-sm outline-none select-none data-[disabled]:opacity-45 data-[highlighted]:bg-hover [&_svg]:size-3.5 [&_svg]:shrink-0";

/** The same entries in a drop-down and in a context menu: only Radix' parts differ. */
function Entries({ items, part }: { items: MenuEntry[]; part: typeof RadixDropdown | typeof RadixContext }) {
  return items.map((item, index) => {
    if (item === "line")
      return <part.Separator key={`line-${index}`} className="my-1 h-px bg-line" />;
    if ("heading" in item)
      return (
        <part.Label key={item.heading} className="px-2 pt-1.5 pb-1 text-2xs text-faint">
          {item.heading}
        </part.Label>
      );
    const body = (
      <>
        {item.icon}
        <span className="min-w-0 flex-1 truncate">{item.label}</span>
        {item.checked && <span aria-hidden>✓</span>}
        {item.shortcut && <span className="pl-4 text-xs text-faint">{keysText(item.shortcut)}</span>}
      </>
    );
    const shared = {
      disabled: item.disabled,
      onSelect: item.onSelect,
      className: clsx(ITEM, item.danger && "text-danger"),
    };
    return item.checked === undefined ? (
      <part.Item key={item.id} {...shared}>
        {body}
      </part.Item>
    ) : (
      <part.CheckboxItem key={item.id} checked={item.checked} {...shared}>
        {body}
      </part.CheckboxItem>
    );
  });
}

export interface MenuProps {
  items: MenuEntry[];
  /** The button that opens it. */
  children: ReactElement;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
}

export function Menu({ items, children, align = "end", side = "bottom" }: MenuProps) {
  return (
    <RadixDropdown.Root modal={false}>
      <RadixDropdown.Trigger asChild>{children}</RadixDropdown.Trigger>
      <RadixDropdown.Portal>
        <RadixDropdown.Content align={align} side={side} sideOffset={4} className={CONTENT}>
          <Entries items={items} part={RadixDropdown} />
        </RadixDropdown.Content>
      </RadixDropdown.Portal>
    </RadixDropdown.Root>
  );
}

export function ContextMenu({ items, children }: { items: MenuEntry[]; children: ReactElement }) {
  return (
    <RadixContext.Root>
      <RadixContext.Trigger asChild>{children}</RadixContext.Trigger>
      <RadixContext.Portal>
        <RadixContext.Content className={CONTENT}>
          <Entries items={items} part={RadixContext} />
        </RadixContext.Content>
      </RadixContext.Portal>
    </RadixContext.Root>
  );
}
