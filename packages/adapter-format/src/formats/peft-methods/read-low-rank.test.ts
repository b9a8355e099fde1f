import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { readAdapter } from "../peft/read-adapter.ts";
import { lowRankMethods, refusalOf } from "./methods.ts";

/** PeftType of PEFT 0.21.2. */
const peftTypes =
  "PROMPT_TUNING MULTITASK_PROMPT_TUNING P_TUNING PREFIX_TUNING LORA ADALORA ADAMSS BOFT ADAPTION_PROMPT IA3 BEFT LILY LOHA LOKR OFT POLY " +
  "LN_TUNING VERA FROD PVERA FOURIERFT GLORA XLORA HRA VBLORA UNILORA CPT MISS RANDLORA ROAD TRAINABLE_TOKENS HIRA SHIRA C3A WAVEFT OSF " +
  "DELORA GRALORA CARTRIDGE TINYLORA PSOFT PEANUT SHADOW SUPERTUNING DEFT";

it("knows each of PEFT's types: LoRA, read as LoRA, or refused with a reason", () => {
  const unknown = peftTypes.split(" ").filter((type) => type !== "LORA" && refusalOf(type) === undefined);
  expect(unknown).toEqual([]);
  expect(lowRankMethods.every((type) => peftTypes.includes(type))).toBe(true);
});

const read = (config: object, tensors: Readonly<Record<string, readonly number[]>>, options = {}) => {
  const files = {
    config: JSON.stringify({ r: 2, target_modules: ["q"], ...config }),
    weights: serializeSafetensors(
      new Map(
        Object.entries(tensors).map(([key, shape]) => {
          const size = shape.reduce((product, length) => product * length, 1);
          return [`base_model.model.${key}`, float32Tensor(shape, new Float32Array(size).fill(0.5))];
        }),
      ),
    ),
  };
  return readAdapter(files, options);
};

describe("an adapter that can only be merged", () => {
  const readIa3 = (key: string) =>
    read({ peft_type: "IA3", task_type: "SEQ_CLS" }, { [key]: [3, 1] }, { mergeOnly: true });

  it.each(["q.ia3_l", "score.weight"])("is read on request, with %s", async (key) => {
    expect([...(await readIa3(key)).tensors.keys()]).toEqual([key]);
  });

  it.each(["q.weight", "q.beft_bias"])("is refused with %s, which is neither", async (key) => {
    await expect(readIa3(key)).rejects.toThrow(/is not in modules_to_save/);
  });
});

const ada = { peft_type: "ADALORA", init_r: 2 };
const adaLora = { "q.lora_A": [2, 4], "q.lora_B": [3, 2], "q.lora_E": [2, 1] };

describe("an adapter of another method", () => {
  it("keeps the base's name, its task and modules that are trained in full", async () => {
    const config = { ...ada, lora_alpha: 4, base_model_name_or_path: "a/b", modules_to_save: ["score"] };
    const adapter = await read(config, { ...adaLora, "score.weight": [2, 3] });
    expect(adapter.config).toMatchObject({ baseModel: "a/b", modulesToSave: ["score"], rank: 2, alpha: 2 });
    expect([...adapter.tensors.keys()].sort()).toEqual(["q.lora_A.weight", "q.lora_B.weight", "score.weight"]);
    // 4/(2 + 1e-5) · 0.5 · 0.5
    expect(adapter.tensors.get("q.lora_A.weight")?.values[0]).toBeCloseTo(0.5, 4);
  });

  it.each<readonly [object, Readonly<Record<string, readonly number[]>>, RegExp]>([
    [ada, { "q.lora_A": [2, 4], "q.lora_B": [3, 2] }, /q.*has no lora_E/],
    [ada, { ...adaLora, "q.lora_E": [3, 1] }, /lora_E of \[3,1\], expected \[2,1\]/],
    [ada, { ...adaLora, "q.other": [1] }, /q\.other/],
    [ada, { ...adaLora, "q.lora_A.weight": [2, 4] }, /q\.lora_A\.weight.*is no tensor of ADALORA/],
    [{ ...ada, bias: "all" }, adaLora, /bias: found "all"/],
    [{ ...ada, rank_pattern: { "q.lora_E": [true] } }, adaLora, /q\.lora_E: found 1 flags, expected lists of 2/],
    [{ peft_type: "MISS", init_weights: "bat" }, { "q.miss_block": [2, 2] }, /init_weights: found "bat"/],
    [{ peft_type: "LOHA" }, {}, /has no tensors of LOHA/],
    [{ peft_type: "GRALORA", gralora_k: 0 }, {}, /gralora_k: found 0/],
    [
      { peft_type: "GRALORA", gralora_k: 4 },
      { "q.gralora_A": [4, 2, 2], "q.gralora_B": [4, 2, 2] },
      /rank 2 for 4 blo/,
    ],
    [{ peft_type: "VBLORA" }, { vblora_vector_bank: [1, 1] }, /has no tensors of VBLORA/],
    [{ peft_type: "VERA", save_projection: false }, {}, /save_projection: found false/],
  ])("is refused with %j and %j", async (config, tensors, problem) => {
    await expect(read(config, tensors)).rejects.toThrow(problem);
  });

  it.each([
    ["another prefix", "model.q.lora_E", /model\.q\.lora_E.*does not start with "base_model\.model\."/],
    [
      "a module's copy of a shared tensor that differs",
      "base_model.model.q.vera_A",
      /q\.vera_A.*differs from base_model\.vera_A/,
    ],
  ])("is refused with %s", async (_, added, problem) => {
    const tensors = new Map([
      ["base_model.vera_A", float32Tensor([2, 4], new Float32Array(8))],
      [added, float32Tensor([2, 4], new Float32Array(8).fill(1))],
    ]);
    const config = JSON.stringify({ peft_type: "VERA", r: 2, target_modules: ["q"] });
    await expect(readAdapter({ config, weights: serializeSafetensors(tensors) })).rejects.toThrow(problem);
  });

  it.each(lowRankMethods)("of type %s is refused if a field has another type", async (type) => {
    const wrong = { r: "16", target_modules: 3, modules_to_save: true, peft_version: [] };
    const reading = read({ peft_type: type, ...wrong }, {});
    for (const key of Object.keys(wrong)) await expect(reading).rejects.toThrow(`${key}: found`);
  });

  it.each(["16", null, true, [], {}])("is refused with alpha %j", async (alpha) => {
    for (const [peft_type, key] of [["LOHA"], ["LOKR"], ["GRALORA"], ["RANDLORA", "randlora_alpha"]] as const)
      await expect(read({ peft_type, [key ?? "alpha"]: alpha }, {})).rejects.toThrow(
        /alpha: found .*, expected a finite/,
      );
  });
});
