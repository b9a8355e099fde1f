// Links that work on GitHub work on the site.

import { join } from "node:path";
import { createMarkdownRenderer } from "vitepress";
import { expect, it } from "vitest";
import { anchorOf, linkToPages } from "./links.ts";
import { repository, root } from "./places.ts";

const paths = new Map([
  ["docs/onnx.md", "guides/onnx.md"],
  ["packages/data/README.md", "reference/packages/data.md"],
]);
const markdown = await createMarkdownRenderer(root, { config: (renderer) => linkToPages(renderer, paths) });

/** The address of the link in a page of docs/. */
async function addressIn(text: string): Promise<string | undefined> {
  const html = await markdown.renderAsync(text, { path: join(root, "docs/library.md"), cleanUrls: true });
  return /href="([^"]*)"/.exec(html)?.[1];
}

it("leads to a page by its file or its folder, with the anchor", async () => {
  expect(await addressIn("[x](onnx.md#use)")).toBe("/guides/onnx#use");
  expect(await addressIn("[x](../packages/data)")).toBe("/reference/packages/data");
  expect(await addressIn(`[x](${repository}/blob/main/docs/onnx.md)`)).toBe("/guides/onnx");
});

it("leads to the repository for what is no page, and names a file that does not exist", async () => {
  expect(await addressIn("[x](../package.json)")).toBe(`${repository}/blob/main/package.json`);
  expect(await addressIn("[x](../packages/testing)")).toBe(`${repository}/tree/main/packages/testing`);
  await expect(addressIn("[x](nowhere.md)")).rejects.toThrow("docs/library.md: there is no nowhere.md");
});

it("makes no link of a file's name in a sentence", async () => {
  expect(await addressIn("FEATURES.md has a table")).toBeUndefined();
});

it.each([
  ["5 · What `out` is, and isn't", "5--what-out-is-and-isnt"],
  ["필요한 것만 설치하기", "필요한-것만-설치하기"],
  ["BatchSize", "batchsize"],
])("gives the heading %s GitHub's anchor", (heading, anchor) => {
  expect(anchorOf(heading.replaceAll("`", ""))).toBe(anchor);
});
