import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { articlesOf } from "./korean.ts";

describe("the Korean constitution", () => {
  it("has 130 articles with their paragraphs, and no titles", async () => {
    const articles = articlesOf(
      await readFile(join(import.meta.dirname, "../../../../data/korean/constitution.txt"), "utf8"),
    );
    expect(articles).toHaveLength(130);
    expect(articles[0]).toEqual({
      instruction: "대한민국헌법 제1조는 무엇입니까?",
      output: "① 대한민국은 민주공화국이다.\n②대한민국의 주권은 국민에게 있고, 모든 권력은 국민으로부터 나온다.",
    });
    expect(articles[8]?.output).toMatch(/^국가는 전통문화의 .*노력하여야 한다\.$/); // before the title of chapter 2
    expect(articles[129]?.output).toContain("③");
  });
});
