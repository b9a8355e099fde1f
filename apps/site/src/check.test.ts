import { expect, it } from "vitest";
import { navigationProblems } from "./check.ts";

const page = (file: string, path: string) => ({ file, path, title: "", section: "Guides", group: "" });
const onnx = page("docs/onnx.md", "guides/onnx.md");

it("names a file that is in no section", () => {
  expect(navigationProblems([onnx], ["docs/onnx.md"])).toEqual([]);
  expect(navigationProblems([onnx], ["docs/errors.md", "docs/onnx.md"])).toEqual([
    expect.stringContaining("docs/errors.md is in no section"),
  ]);
});

it("names a file that is in two sections, and two files with one address", () => {
  expect(navigationProblems([onnx, onnx], [])).toEqual([expect.stringContaining("docs/onnx.md is in")]);
  expect(navigationProblems([onnx, page("packages/onnx.md", "guides/onnx.md")], [])).toEqual([
    "packages/onnx.md would become guides/onnx.md, as another file of its section does",
  ]);
});
