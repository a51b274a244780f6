// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type ComponentProps, useState } from "react";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { TooltipProvider } from "../Tooltip";
import { tokenAt } from "./ExpressionControl";
import type { JsonSchema } from "./schema";
import { SchemaForm } from "./SchemaForm";
import { validateValue } from "./validate";

type Value = Record<string, unknown>;
let latest: Value;

function Form({ start = {}, ...props }: { start?: Value } & Omit<ComponentProps<typeof SchemaForm>, "value" | "onChange">) {
  const [value, setValue] = useState<Value>(start);
  latest = value;
  return (
    <TooltipProvider>
      <SchemaForm {...props} value={value} onChange={setValue} />
    </TooltipProvider>
  );
}

const object = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: "object",
  properties,
  required,
});

const type = (label: string, text: string) => fireEvent.change(screen.getByLabelText(label), { target: { value: text } });

beforeAll(() => {
  // What Radix wants of a browser and jsdom does not have.
  Element.prototype.hasPointerCapture = () => false;
  Element.prototype.scrollIntoView = () => {};
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  } as unknown as typeof ResizeObserver;
});
afterEach(cleanup);

describe("plain values", () => {
  test("a default is shown, and only what was changed is in the value", () => {
    render(<Form schema={object({ rows: { type: "integer", title: "Rows", default: 10 } })} />);
    expect(screen.getByLabelText("Rows")).toHaveProperty("value", "10");
    expect(latest).toEqual({});
    type("Rows", "25");
    expect(latest).toEqual({ rows: 25 });
    fireEvent.click(screen.getByRole("button", { name: "Reset Rows to 10" }));
    expect(latest).toEqual({});
  });

  test("a number on its way is not lost, and is marked until it is one", () => {
    render(<Form schema={object({ rate: { type: "number", title: "Rate", maximum: 1 } })} />);
    type("Rate", "-");
    expect(screen.getByLabelText("Rate")).toHaveProperty("value", "-");
    expect(screen.getByText("Enter a number.")).toBeTruthy();
    type("Rate", "0.");
    expect(screen.getByLabelText("Rate")).toHaveProperty("value", "0.");
    expect(latest).toEqual({ rate: 0 });
    type("Rate", "2");
    expect(screen.getByText("Must be 1 or less.")).toBeTruthy();
    type("Rate", "");
    expect(latest).toEqual({});
  });

  test("a required field is marked once it was visited, not before", () => {
    render(<Form schema={object({ path: { type: "string", title: "Path" } }, ["path"])} />);
    expect(screen.queryByText("Path is required.")).toBeNull();
    fireEvent.blur(screen.getByLabelText(/^Path/));
    expect(screen.getByText("Path is required.")).toBeTruthy();
  });

  test("marks from the server stand at their field", () => {
    render(<Form schema={object({ sql: { type: "string", title: "Query" } })} errors={{ sql: "near FORM: syntax error" }} />);
    const field = screen.getByLabelText("Query");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    const described = (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
    expect(described).toContain("near FORM: syntax error");
  });

  test("yes and no", () => {
    render(<Form schema={object({ header: { type: "boolean", title: "Header", default: true } })} />);
    fireEvent.click(screen.getByRole("switch", { name: "Header" }));
    expect(latest).toEqual({ header: false });
  });

  test("an optional value behind anyOf is the value without null", () => {
    render(<Form schema={object({ seed: { anyOf: [{ type: "integer" }, { type: "null" }], title: "Seed", default: null } })} />);
    type("Seed", "7");
    expect(latest).toEqual({ seed: 7 });
  });

  test("a disabled form changes nothing", () => {
    render(<Form disabled schema={object({ name: { type: "string", title: "Name" } })} />);
    expect(screen.getByLabelText("Name")).toHaveProperty("disabled", true);
  });
});

describe("lists", () => {
  test("words become chips and can be taken away", () => {
    render(<Form schema={object({ columns: { type: "array", items: { type: "string" }, title: "Columns" } })} />);
    type("Columns", "a, b,");
    expect(latest).toEqual({ columns: ["a", "b"] });
    fireEvent.click(screen.getByRole("button", { name: "Remove a from Columns" }));
    expect(latest).toEqual({ columns: ["b"] });
  });

  test("entries of objects are added, filled and moved", () => {
    const item = object({ column: { type: "string", title: "Column" } });
    render(<Form schema={object({ sort: { type: "array", items: { ...item, title: "Key" }, title: "Sort by" } })} />);
    fireEvent.click(screen.getByRole("button", { name: "Add key" }));
    type("Column", "age");
    fireEvent.click(screen.getByRole("button", { name: "Add key" }));
    fireEvent.click(screen.getByRole("button", { name: "Move entry 1 down" }));
    expect(latest).toEqual({ sort: [{}, { column: "age" }] });
  });

  test("a map is edited by name, and a name never swallows another", () => {
    const schema = object({ headers: { type: "object", additionalProperties: { type: "string" }, title: "Headers" } });
    render(<Form schema={schema} start={{ headers: { Accept: "text/csv", Origin: "x" } }} />);
    type("Name 2 in Headers", "Accept");
    expect(latest).toEqual({ headers: { Accept: "text/csv", Origin: "x" } });
    type("Name 2 in Headers", "Accepts");
    type("Value of Accepts", "y");
    expect(latest).toEqual({ headers: { Accept: "text/csv", Accepts: "y" } });
  });
});

describe("expressions", () => {
  const schema = object({ rows: { type: "integer", title: "Rows", default: 10 } });

  test("a field is switched to an expression and back to what it was", () => {
    render(<Form schema={schema} start={{ rows: 3 }} allowExpressions />);
    fireEvent.click(screen.getByRole("button", { name: "Expression for Rows" }));
    expect(latest).toEqual({ rows: "${{ params. }}" });
    fireEvent.click(screen.getByRole("button", { name: "Expression for Rows" }));
    expect(latest).toEqual({ rows: 3 });
  });

  test("the Tab key goes to the field before its switch", () => {
    render(<Form schema={schema} start={{ rows: 3 }} allowExpressions />);
    const field = screen.getByRole("textbox", { name: "Rows" });
    for (const button of screen.getAllByRole("button"))
      expect(field.compareDocumentPosition(button)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  test("names are offered, and one is taken with Enter", () => {
    render(<Form schema={schema} start={{ rows: "${{ params.r }}" }} allowExpressions expressionSuggestions={[{ value: "params.rows" }, { value: "nodes.load.outputs.table" }]} />);
    const field = screen.getByRole("textbox", { name: "Rows" }) as HTMLTextAreaElement;
    field.focus();
    field.setSelectionRange(12, 12);
    fireEvent.select(field);
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual(["params.rows"]);
    fireEvent.keyDown(field, { key: "Enter" });
    expect(latest).toEqual({ rows: "${{ params.rows }}" });
  });

  test("the name before the caret is found inside the brackets only", () => {
    expect(tokenAt("${{ params.r", 12)).toBe("params.r");
    expect(tokenAt("${{ a }} par", 12)).toBeNull();
    expect(tokenAt("plain", 5)).toBeNull();
  });

  test("an expression is not checked against the type, only for its brackets", () => {
    expect(validateValue(schema, { rows: "${{ params.rows }}" })).toEqual({});
    expect(validateValue(schema, { rows: "${{ params.rows" })).toEqual({ rows: "Close the expression with }}." });
    expect(validateValue(schema, { rows: "${{ }}" }).rows).toMatch(/Write an expression/);
  });
});

describe("files", () => {
  const schema = object({ file: { type: "string", format: "file", title: "File" } });
  const pick = (file: File) => fireEvent.change(screen.getByLabelText("File for File"), { target: { files: [file] } });

  test("an uploaded file is stored as artifact:<digest>", async () => {
    const uploadFile = vi.fn(async () => ({ digest: "ab".repeat(32), name: "iris.csv", size: 3 }));
    render(<Form schema={schema} uploadFile={uploadFile} />);
    pick(new File(["a,b"], "iris.csv"));
    await waitFor(() => expect(latest).toEqual({ file: `artifact:${"ab".repeat(32)}` }));
    expect(screen.getByText("iris.csv")).toBeTruthy();
  });

  test("a failed upload says so and can be tried again", async () => {
    const uploadFile = vi.fn().mockRejectedValueOnce(new Error("The disk is full")).mockResolvedValueOnce({ digest: "cd".repeat(32), name: "iris.csv", size: 3 });
    render(<Form schema={schema} uploadFile={uploadFile} />);
    pick(new File(["a,b"], "iris.csv"));
    await screen.findByText("The disk is full");
    expect(latest).toEqual({});
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(latest).toEqual({ file: `artifact:${"cd".repeat(32)}` }));
  });

  test("without an upload a path or URL can be typed", () => {
    render(<Form schema={schema} />);
    type("File", "https://example.org/iris.csv");
    expect(latest).toEqual({ file: "https://example.org/iris.csv" });
  });
});
