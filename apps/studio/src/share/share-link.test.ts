import { deflateSync, strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import type { Shared } from "./share-link.ts";
import { readShareLink, writeShareLink } from "./share-link.ts";

const shared: Shared = {
  rows: [
    { says: "Wo liegt Köln?", answers: "Am Rhein, ahoi! 🏴‍☠️" },
    { says: "Und Bonn?", answers: "Auch.", before: [{ role: "system", content: "Be short." }] },
  ],
  adapter: { rank: 8, alpha: 16, targets: ["q_proj"], dropout: 0.1, useDora: true, start: "pissa" },
  training: { steps: 36, batchSize: 4, learningRate: 1e-3, schedule: "cosine", seed: 1, validationShare: 0.1 },
  watched: "배는 어디에 있나요?",
  model: "SmolLM2-135M",
};
const problemOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { problem?: string }).problem;
  }
  return "none";
};
/** As somebody could write one by hand. */
const linkOf = (value: unknown) => {
  return `#teach1=${Buffer.from(deflateSync(strToU8(JSON.stringify(value)))).toString("base64url")}`;
};

describe("a share link", () => {
  it("gives back what was shared, in characters that addresses may have", () => {
    const link = writeShareLink(shared);
    expect(link).toMatch(/^#teach1=[\w-]+$/);
    expect(readShareLink(link)).toEqual(shared);
  });

  it("is reported as damaged if it was cut, or if a changed letter prevents unpacking", () => {
    const link = writeShareLink(shared);
    for (let length = "#teach1=".length; length < link.length; length++) {
      expect(problemOf(() => readShareLink(link.slice(0, length)))).toBe("damaged");
    }
    expect(problemOf(() => readShareLink(`${link}%`))).toBe("damaged");
  });

  it("is called newer where its form is another", () => {
    expect(problemOf(() => readShareLink("#teach2=abc"))).toBe("newer");
  });

  it("stops unpacking at a megabyte, and is refused when it is written", () => {
    const bomb = Buffer.from(deflateSync(new Uint8Array(40_000_000))).toString("base64url");
    expect(bomb.length).toBeLessThan(64_000);
    expect(problemOf(() => readShareLink(`#teach1=${bomb}`))).toBe("too-large");
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      says: `${index * 7919}`,
      answers: `${index ** 3}`.repeat(9),
    }));
    expect(problemOf(() => writeShareLink({ ...shared, rows }))).toBe("too-large");
  });

  it.each([
    ["no object", 7],
    ["no rows", { ...shared, rows: undefined }],
    ["rows of other things", { ...shared, rows: [{ says: 1, answers: "" }] }],
    ["a turn of nobody's", { ...shared, rows: [{ says: "", answers: "", before: [{ role: "tool", content: "" }] }] }],
    ["a rank that is none", { ...shared, adapter: { ...shared.adapter, rank: 1.5 } }],
    ["a rate beyond reason", { ...shared, training: { ...shared.training, learningRate: 1e9 } }],
    ["an unknown start", { ...shared, adapter: { ...shared.adapter, start: "magic" } }],
    ["no target", { ...shared, adapter: { ...shared.adapter, targets: [] } }],
  ])("is called damaged with %s in it", (_, value) => {
    expect(problemOf(() => readShareLink(linkOf(value)))).toBe("damaged");
  });

  it("contains only the chosen parts", () => {
    expect(readShareLink(linkOf({ ...shared, script: "alert(1)" }))).toEqual(shared);
  });
});
