// npm run docs fails for links that lead nowhere.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLinks } from "./dead-links.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lowrank-links-"));
  mkdirSync(join(folder, "pages"));
  writeFileSync(join(folder, "pages", "maths.html"), '<h2 id="starts&amp;ends">Starts</h2>');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const withLink = (link: string) => {
  writeFileSync(join(folder, "index.html"), `<a class="x" href="${link}">link</a>`);
  return deadLinks({ folder, base: "/lowrank/", elsewhere: ["studio/"] });
};

describe("deadLinks", () => {
  it("names a link to a file that is not there, and the page that has it", () => {
    expect(withLink("pages/nowhere.html")).toEqual(["index.html links to pages/nowhere.html, which does not exist"]);
  });

  it("names a link to a heading that is not there, on another page or on its own", () => {
    expect(withLink("pages/maths.html#ends")).toHaveLength(1);
    expect(withLink("#ends")).toHaveLength(1);
    expect(withLink("/lowrank/pages/maths#ends")).toHaveLength(1);
  });

  it("is content with files and headings that are there, with their names escaped, and with other sites", () => {
    for (const link of [
      "pages/maths.html",
      "./pages/maths.html#starts&amp;ends",
      "pages/maths.html#starts%26ends",
      "/lowrank/pages/maths#starts&amp;ends",
      "/lowrank/",
    ]) {
      expect(withLink(link)).toEqual([]);
    }
    expect(withLink("https://example.org/nowhere")).toEqual([]);
    expect(withLink("/lowrank/studio/")).toEqual([]);
  });
});
