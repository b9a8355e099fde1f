import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import { modelCard } from "./model-card.ts";
import { updateModelCard } from "./update-model-card.ts";
import { serializeLoraConfig } from "./write-adapter.ts";

const before = {
  ...createLoraConfig({ rank: 4, targetModules: ["q"], taskType: "CAUSAL_LM" }),
  baseModel: "some/base",
};
const after = { ...before, rank: 8, baseModel: "another/base" };
const configOf = (card: string) => ({ card, config: serializeLoraConfig(before) });

describe("the card of an adapter that is saved again", () => {
  it("is a new one if nobody changed the earlier one", () => {
    expect(updateModelCard(configOf(modelCard(before)), modelCard(after))).toBe(modelCard(after));
  });

  it("is a new one, too, if the earlier one has the number of a classifier's classes", () => {
    expect(updateModelCard(configOf(modelCard(before, 5)), modelCard(after, 3))).toBe(modelCard(after, 3));
  });

  it("keeps a person's text to the byte, and names the new base", () => {
    const text = "\n# My adapter\r\n\n---\ntags: none\n\nTrained with *care*.";
    const card = `---\nlicense: mit\nbase_model: some/base\nlanguage:\n- de\n- en\ntags: [poetry, "base_model:x", lora]\n---\n${text}`;
    const written = updateModelCard(
      configOf(card.replace('"base_model:x"', "base_model:adapter:some/base")),
      modelCard(after),
    );
    expect(written).toBe(
      [
        "---",
        "license: mit",
        'base_model: "another/base"',
        "language:",
        "- de",
        "- en",
        "tags:",
        "- poetry",
        "- lora",
        '- "base_model:adapter:another/base"',
        "- transformers",
        "library_name: peft",
        "pipeline_tag: text-generation",
        `---\n${text}`,
      ].join("\n"),
    );
    expect(updateModelCard(configOf(written), modelCard(after))).toBe(written);
  });

  it("keeps a text without front matter, additions of a person, and their changes", () => {
    expect(updateModelCard({ card: "Just words.\n", config: undefined }, modelCard(after))).toMatch(
      /^---\n[\s\S]*\n---\n\nJust words\.\n$/,
    );
    expect(updateModelCard(configOf(`${modelCard(before)}\n## Results\n`), modelCard(after))).toMatch(
      /rank 4[\s\S]*\n## Results\n$/,
    );
    const chosen = updateModelCard({ card: "---\npipeline_tag: summarization\n---\n", config: "{" }, modelCard(after));
    expect(chosen).toContain("pipeline_tag: summarization\n");
  });

  it("leaves tags that it does not read as they are", () => {
    for (const tags of ['tags: ["a, b", c]', "tags: [a,\n  b]", "tags: &own\n- a", "tags:\n- a\n  more: b"]) {
      const written = updateModelCard(configOf(`---\n${tags}\nlicense: mit\n---\ntext`), modelCard(after));
      expect(written).toContain(`${tags}\nlicense: mit\n`);
    }
  });
});
