// README.ko.md says what README.md says: the tests run the English page's programs, so the Korean one has the same.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const page = (name: string) => readFileSync(join(import.meta.dirname, "../../..", name), "utf8");
const [english, korean] = [page("README.md"), page("README.ko.md")];

const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);

describe("README.ko.md", () => {
  it("has the programs and commands of README.md, in their order", () => {
    const blocks = /^```\w+\n[\s\S]*?^```/gm;
    expect(found(korean, blocks)).toEqual(found(english, blocks));
  });

  it("has the same sections, and the same packages in its table", () => {
    expect(found(korean, /^#+ /gm)).toEqual(found(english, /^#+ /gm));
    expect(found(korean, /^\| (\[.*?\]\(.*?\))/gm)).toEqual(found(english, /^\| (\[.*?\]\(.*?\))/gm));
  });

  it("is linked from README.md, and links back", () => {
    expect(english).toContain("(README.ko.md)");
    expect(korean).toContain("(README.md)");
  });
});
