// FEATURES.md must say something of every field that PEFT writes, and call none supported that is refused.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLoraConfig } from "@lowrank/adapter-format";
import { features } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import { planInjection } from "@lowrank/inject";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "FEATURES.md"), "utf8");
/** The verdict on each field; a row may name several. */
const rows = new Map(
  [...text.matchAll(/^\| (`.*`) \| (yes|partly|no|–) \|/gm)].flatMap(([, names = "", verdict = ""]) =>
    [...names.matchAll(/`([a-z_]+)`/g)].map(([, name = ""]) => [name, verdict] as const),
  ),
);

describe("FEATURES.md", () => {
  it("has a row for every key of a configuration that PEFT wrote", () => {
    const config = readFileSync(join(root, "fixtures/peft/gpt2/adapter/adapter_config.json"), "utf8");
    const missing = Object.keys(JSON.parse(config)).filter((key) => !rows.has(key));
    expect(missing).toEqual([]);
  });

  it("has a row for every feature that an adapter can use", () => {
    // "init=pissa" and its like are in the row of init_lora_weights.
    const keys = features.filter((name) => !name.startsWith("init="));
    expect(keys.filter((key) => !rows.has(key))).toEqual([]);
  });

  const refused = features.filter((key) => rows.get(key) === "no");
  it.each(refused)("refuses %s, which planning also refuses by name", (key) => {
    const config = { peft_type: "LORA", target_modules: ["q_proj"], [key]: { enabled: true } };
    const model: AdaptableModel = { sites: () => [], parameters: () => [] };
    expect(() => planInjection(model, parseLoraConfig(JSON.stringify(config)))).toThrow(key);
  });
});
