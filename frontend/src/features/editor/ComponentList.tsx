import { clsx } from "clsx";
import { Plus, Search } from "lucide-react";
import {
  type DragEvent,
  type KeyboardEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";

import type { Component } from "@/api/types";
import { COMPONENT_MIME, ComponentIcon } from "@/canvas";
import { Input } from "@/ui";

import { type Group, oneGroup, readUsage, search } from "./componentSearch";

export interface ComponentListProps {
  label: string;
  components: readonly Component[];
  onPick: (component: Component) => void;
  /** One click picks; otherwise a double click, Enter or the + does, and a drag carries it away. */
  pickOnClick?: boolean;
  /** The components come in the order that counts; otherwise they are shown by category. */
  ranked?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  autoFocus?: boolean;
  onEscape?: () => void;
}

/** A search field over the components it finds: arrows choose, Enter picks. */
export function ComponentList(props: ComponentListProps) {
  const { label, components, onPick, pickOnClick = false, ranked = false, inputRef, autoFocus, onEscape } = props;
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  /** Whether the keyboard is here: only then is one of them the one that Enter would add. */
  const [lit, setLit] = useState(false);
  const id = useId();
  const listRef = useRef<HTMLDivElement>(null);
  const fieldRef = useRef<HTMLInputElement>(null);
  useImperativeHandle(inputRef, () => fieldRef.current as HTMLInputElement);
  const groups = useMemo(
    () => (ranked && !text ? oneGroup(components) : search(components, text, readUsage())),
    [components, ranked, text],
  );
  const flat = useMemo(() => groups.flatMap((group) => group.components), [groups]);

  useEffect(() => {
    listRef.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, text]);

  const point = (at: number): void => {
    setActive(at);
    fieldRef.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const last = flat.length - 1;
    if (event.key === "ArrowDown") setActive((at) => Math.min(at + 1, last));
    else if (event.key === "ArrowUp") setActive((at) => Math.max(at - 1, 0));
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      const component = flat[active];
      if (component) onPick(component);
      // Typing on looks for the next one; Enter again adds one more of this.
      fieldRef.current?.select();
    } else if (event.key === "Escape") {
      if (text && !onEscape) setText("");
      else if (onEscape) onEscape();
      else (event.target as HTMLElement).blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="relative shrink-0 p-2">
        <Search className="pointer-events-none absolute top-4 left-4 size-4 text-faint" aria-hidden />
        <Input
          ref={fieldRef}
          type="search"
          role="combobox"
          aria-label={label}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={lit && flat[active] ? `${id}-${active}` : undefined}
          aria-autocomplete="list"
          placeholder={label}
          autoFocus={autoFocus}
          autoComplete="off"
          spellCheck={false}
          className="pl-8"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          onFocus={() => setLit(true)}
          onBlur={() => setLit(false)}
        />
      </div>
      <div
        ref={listRef}
        id={`${id}-list`}
        role="listbox"
        aria-label="Components"
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto px-2 pb-3"
      >
        <Groups {...{ id, groups, active: lit ? active : -1, detailed: text !== "" || pickOnClick, pickOnClick, onPick }} onPoint={point} />
      </div>
      {flat.length === 0 && (
        <p role="status" className="px-4 pb-4 text-xs text-muted">
          {text ? `No component answers to “${text}”.` : "No component fits here."}
        </p>
      )}
    </div>
  );
}

interface GroupsProps {
  id: string;
  groups: readonly Group[];
  active: number;
  detailed: boolean;
  pickOnClick: boolean;
  onPick: (component: Component) => void;
  onPoint: (at: number) => void;
}

function Groups({ id, groups, active, detailed, pickOnClick, onPick, onPoint }: GroupsProps) {
  let at = -1;
  return groups.map(({ title, components }) => (
    <div key={title} role="group" aria-label={title} className="mb-2">
      <div aria-hidden className="sticky top-0 z-10 bg-surface px-2 pt-1.5 pb-1 text-2xs font-medium text-faint">
        {title}
      </div>
      {components.map((component) => {
        at += 1;
        const own = at;
        return (
          <Option
            key={component.full_name}
            id={`${id}-${own}`}
            active={own === active}
            {...{ component, detailed, pickOnClick, onPick }}
            onPoint={() => onPoint(own)}
          />
        );
      })}
    </div>
  ));
}

interface OptionProps {
  id: string;
  component: Component;
  active: boolean;
  detailed: boolean;
  pickOnClick: boolean;
  onPick: (component: Component) => void;
  onPoint: () => void;
}

function Option({ id, component, active, detailed, pickOnClick, onPick, onPoint }: OptionProps) {
  const pick = (): void => onPick(component);
  const onDragStart = (event: DragEvent): void => {
    event.dataTransfer.setData(COMPONENT_MIME, component.full_name);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <div
      id={id}
      role="option"
      aria-selected={active}
      aria-label={component.title}
      data-component={component.full_name}
      title={detailed ? undefined : component.summary}
      draggable={!pickOnClick}
      onDragStart={onDragStart}
      onClick={pickOnClick ? pick : onPoint}
      onDoubleClick={pickOnClick ? undefined : pick}
      className={clsx(
        "group flex cursor-pointer items-center gap-2 rounded-md px-1.5 py-1 select-none",
        active ? "bg-hover" : "hover:bg-hover",
      )}
    >
      <ComponentIcon icon={component.icon} namespace={component.namespace} size="sm" />
      <span className="min-w-0 flex-1">
        <span className="block truncate">{component.title}</span>
        {detailed && component.summary && (
          <span className="block truncate text-2xs text-faint">{component.summary}</span>
        )}
      </span>
      {!pickOnClick && (
        <span
          aria-hidden
          title="Add"
          onClick={(event) => {
            event.stopPropagation();
            pick();
          }}
          className="hidden size-5 items-center justify-center rounded-sm text-muted group-hover:flex hover:bg-line hover:text-ink"
        >
          <Plus className="size-3.5" />
        </span>
      )}
    </div>
  );
}
