// Adapters that PEFT 0.21.2 wrote, read and written again.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Warning } from "@lowrank/contracts";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import { describe, expect, it } from "vitest";
import { rankOf, scalingOf } from "../../targets/scaling.ts";
import { parseLoraConfig } from "./parse-lora-config.ts";
import { readAdapter } from "./read-adapter.ts";
import { serializeLoraConfig, writeAdapter } from "./write-adapter.ts";

/** Every adapter folder of every fixture: "gpt2/adapter", "multi-adapter/adapters/a". */
const names = readdirSync(fixturesRoot, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("adapter_config.json"))
  .map((path) => dirname(path))
  .sort();

function filesOf(name: string): { config: string; weights: Uint8Array } {
  const folder = join(fixturesRoot, name);
  const config = readFileSync(join(folder, "adapter_config.json"), "utf8");
  return {
    // PEFT always writes true; the fixtures of residual initializations were written by hand.
    config: config.replace('"inference_mode": false', '"inference_mode": true'),
    weights: readFileSync(join(folder, "adapter_model.safetensors")),
  };
}

/** PEFT's result for each adapted module, if the fixture has it. */
function expectedOf(name: string): { scaling?: Record<string, number>; rank?: Record<string, number> } {
  return JSON.parse(readFileSync(join(fixturesRoot, name, "..", "expected.json"), "utf8"));
}

/** A configuration as JSON, with the lists that PEFT holds as sets sorted. */
function comparable(json: string): Record<string, unknown> {
  const config: Record<string, unknown> = JSON.parse(json);
  for (const key of ["target_modules", "exclude_modules"])
    if (Array.isArray(config[key])) config[key] = [...config[key]].sort();
  return config;
}

function dtypeOf(weights: Uint8Array): "F32" | "F16" | "BF16" {
  const [first] = parseSafetensors(weights).tensors.values();
  return first?.dtype === "F16" || first?.dtype === "BF16" ? first.dtype : "F32";
}

describe("an adapter that PEFT wrote", () => {
  it.each(names)(
    "%s: reading and writing gives the same weights file, byte for byte, and the same configuration",
    async (name) => {
      const files = filesOf(name);
      const warnings: Warning[] = [];
      const adapter = await readAdapter({ ...files, name }, { onWarning: (warning) => warnings.push(warning) });
      const written = writeAdapter(adapter, { dtype: dtypeOf(files.weights) });
      expect(warnings).toEqual([]);
      expect(comparable(written["adapter_config.json"])).toEqual(comparable(files.config));
      expect(Buffer.compare(written["adapter_model.safetensors"], files.weights)).toBe(0);
    },
  );

  it.each(names)("%s: the configuration's text is PEFT's to the letter, sets aside", (name) => {
    const { config } = filesOf(name);
    const lists = /"(target_modules|exclude_modules)": \[[^\]]*\]/g;
    const written = serializeLoraConfig(parseLoraConfig(config));
    expect(written.replace(lists, "")).toBe(config.replace(lists, ""));
  });

  const withScaling = names.filter(
    (name) => name.endsWith("/adapter") && expectedOf(name).rank && expectedOf(name).scaling,
  );
  it.each(withScaling)("%s: every module's rank and scale equal PEFT's", async (name) => {
    const { scaling = {}, rank = {} } = expectedOf(name);
    const { config } = await readAdapter(filesOf(name));
    const paths = Object.keys(scaling);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.map((path) => scalingOf(config, path))).toEqual(Object.values(scaling));
    expect(paths.map((path) => rankOf(config, path))).toEqual(paths.map((path) => rank[path]));
  });
});
