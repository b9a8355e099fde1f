import type { Warning } from "@lowrank/contracts";
import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../../config/create-lora-config.ts";
import type { Adapter, AdapterTensor, LoraConfig } from "../../lora-config.ts";
import { alphaOf, rankOf, scalingOf } from "../../targets/scaling.ts";
import { parseLoraConfig } from "./parse-lora-config.ts";
import { readAdapter } from "./read-adapter.ts";
import { serializeLoraConfig, writeAdapter } from "./write-adapter.ts";

const paths = ["layers.0.self_attn.q_proj", "layers.0.cross_attn.q_proj", "layers.1.mlp.up_proj"] as const;

/** In this order layer 0's own attention has rank 2 and alpha 16; sorted, "q_proj" would come first. */
const meant = createLoraConfig({
  rank: 1,
  alpha: 1,
  targetModules: ["q_proj", "up_proj"],
  rankPattern: new Map([
    ["self_attn.q_proj", 2],
    ["q_proj", 3],
  ]),
  alphaPattern: new Map([
    ["self_attn.q_proj", 16],
    ["q_proj", 4],
  ]),
});

function adapterOf(config: LoraConfig, ranks: readonly number[] = paths.map((path) => rankOf(config, path))): Adapter {
  const tensors = new Map<string, AdapterTensor>();
  for (const [index, path] of paths.entries()) {
    const rank = ranks[index]!;
    tensors.set(`${path}.lora_A.weight`, { shape: [rank, 1], values: new Float32Array(rank) });
    tensors.set(`${path}.lora_B.weight`, { shape: [1, rank], values: new Float32Array(rank) });
  }
  return { config, tensors, metadata: new Map() };
}

/** The adapter as its files give it, their configuration's keys sorted as PEFT sorts them whenever it saves. */
async function savedByPeft(adapter: Adapter, warnings: Warning[] = []): Promise<LoraConfig> {
  const files = writeAdapter(adapter);
  const config = JSON.parse(files["adapter_config.json"]);
  for (const key of ["rank_pattern", "alpha_pattern"])
    config[key] = Object.fromEntries(Object.entries(config[key]).sort(([left], [right]) => (left < right ? -1 : 1)));
  const weights = files["adapter_model.safetensors"];
  const onWarning = (warning: Warning) => void warnings.push(warning);
  return (await readAdapter({ config: JSON.stringify(config), weights }, { onWarning })).config;
}

describe("patterns of which two match the same module", () => {
  it("keep the meaning of their own order in a file, even after PEFT has sorted them", async () => {
    const warnings: Warning[] = [];
    const again = await savedByPeft(adapterOf(meant), warnings);
    expect(paths.map((path) => rankOf(again, path))).toEqual([2, 3, 1]);
    expect(paths.map((path) => scalingOf(again, path))).toEqual([8, 4 / 3, 1]);
    expect(warnings).toEqual([]);
  });

  it("are written unchanged if sorting does not matter", () => {
    const rankPattern = new Map([
      ["up_proj", 2],
      ["q_proj", 3],
    ]);
    const written = writeAdapter(adapterOf({ ...meant, rankPattern }))["adapter_config.json"];
    expect(written).toContain('"rank_pattern": {\n    "q_proj": 3,\n    "up_proj": 2\n  }');
  });

  it("are made unique by full paths, also for raw parameters", async () => {
    const config = createLoraConfig({
      targetParameters: ["experts.up", "experts.down"],
      alphaPattern: new Map([
        ["experts.up", 16],
        ["experts.*", 4],
      ]),
    });
    const factors = ["mlp.experts.base_layer", "mlp.experts"].flatMap((path): [string, AdapterTensor][] => [
      [`${path}.lora_A.weight`, { shape: [8, 1], values: new Float32Array(8) }],
      [`${path}.lora_B.weight`, { shape: [1, 8], values: new Float32Array(8) }],
    ]);
    const again = await savedByPeft({ config, tensors: new Map(factors), metadata: new Map() });
    expect(["mlp.experts.up", "mlp.experts.down"].map((path) => alphaOf(again, path))).toEqual([16, 4]);
  });

  it("keep their order in a configuration that is written without its modules", () => {
    const again = parseLoraConfig(serializeLoraConfig(meant));
    expect([...again.alphaPattern.keys()]).toEqual(["self_attn.q_proj", "q_proj"]);
  });

  it("are read in PEFT's order, also if JavaScript lists integers first", () => {
    const json = '{"peft_type": "LORA", "alpha_pattern": {".*": 16, "0": 4}}';
    expect(alphaOf(parseLoraConfig(json), "layers.0")).toBe(16);
  });
});

describe("a file of PEFT's in which two keys match the same module", () => {
  const sorted = { ...meant, alphaPattern: new Map([...meant.alphaPattern].reverse()) };

  function filesOf(config: LoraConfig, ranks: readonly number[]) {
    const rankPattern = new Map(paths.map((path, index) => [path, ranks[index]!]));
    const written = writeAdapter(adapterOf({ ...config, rankPattern }, ranks));
    return { config: serializeLoraConfig(config), weights: written["adapter_model.safetensors"] };
  }

  it("is read as PEFT reads it, with a warning that names the keys and the modules whose alpha may not be meant", async () => {
    const warnings: Warning[] = [];
    const config = { ...sorted, rankPattern: new Map() };
    const { config: read } = await readAdapter(filesOf(config, [1, 1, 1]), {
      onWarning: (warning) => warnings.push(warning),
    });
    expect(alphaOf(read, paths[0])).toBe(4);
    expect(warnings.map(({ code }) => code)).toEqual(["PATTERN_ORDER_LOST"]);
    expect(warnings[0]?.message).toContain("layers.0.self_attn.q_proj");
    expect(warnings[0]?.message).toContain("alpha_pattern");
  });

  it("is refused if the ranks of its tensors show that another order was meant", async () => {
    const config = { ...sorted, rankPattern: new Map([...meant.rankPattern].reverse()) };
    await expect(readAdapter(filesOf(config, [2, 3, 1]))).rejects.toThrow(
      "rank 2, but the configuration has 3; a later key of rank_pattern gives it 2",
    );
  });
});
