import { describe, expect, it } from "vitest";

import type { Component } from "@/api/types";

import { search } from "./componentSearch";

function component(full_name: string, title: string, category: string, summary = ""): Component {
  const [namespace = "", name = ""] = full_name.split("/");
  return { namespace, name, full_name, title, category, summary } as Component;
}

const ALL = [
  component("core/chart", "Chart", "Evaluate", "Draw a bar or line chart."),
  component("core/read_csv", "Read CSV", "Data in", "Read a table from a file."),
  component("core/report", "Report", "Data out", "Gather tables and charts."),
  component("acme/score", "Score", "Acme"),
];

const titles = (text: string, usage = {}) =>
  search(ALL, text, usage).map((group) => [group.title, ...group.components.map(({ title }) => title)]);

describe("the palette", () => {
  it("shows categories in the order of building, others last", () => {
    expect(titles("")).toEqual([
      ["Data in", "Read CSV"],
      ["Evaluate", "Chart"],
      ["Data out", "Report"],
      ["Acme", "Score"],
    ]);
  });

  it("puts what is used most first", () => {
    expect(titles("", { "core/report": 5, "core/chart": 1 })[0]).toEqual(["Used most", "Report"]);
  });

  it("finds by title before summary, and by every word", () => {
    expect(titles("chart")).toEqual([["Found", "Chart", "Report"]]);
    expect(titles("read table")).toEqual([["Found", "Read CSV"]]);
    expect(titles("read nothing")).toEqual([]);
  });
});
