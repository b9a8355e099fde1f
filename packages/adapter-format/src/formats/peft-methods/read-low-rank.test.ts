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

const adaLora = { "q.lora_A": [2, 4], "q.lora_B": [3, 2], "q.lora_E": [2, 1] };

describe("an adapter of another method", () => {
  it("keeps the base's name, its task and modules that are trained in full", async () => {
    const config = { peft_type: "ADALORA", lora_alpha: 4, base_model_name_or_path: "a/b", modules_to_save: ["score"] };
    const adapter = await read(config, { ...adaLora, "score.weight": [2, 3] });
    expect(adapter.config).toMatchObject({ baseModel: "a/b", modulesToSave: ["score"], rank: 2, alpha: 2 });
    expect([...adapter.tensors.keys()].sort()).toEqual(["q.lora_A.weight", "q.lora_B.weight", "score.weight"]);
    // 4/(2 + 1e-5) · 0.5 · 0.5
    expect(adapter.tensors.get("q.lora_A.weight")?.values[0]).toBeCloseTo(0.5, 4);
  });

  it.each<readonly [object, Readonly<Record<string, readonly number[]>>, RegExp]>([
    [{ peft_type: "ADALORA" }, { "q.lora_A": [2, 4], "q.lora_B": [3, 2] }, /q.*has no lora_E/],
    [{ peft_type: "ADALORA" }, { ...adaLora, "q.lora_E": [3, 1] }, /lora_E of \[3,1\], expected \[2,1\]/],
    [{ peft_type: "ADALORA" }, { ...adaLora, "q.other": [1] }, /q\.other/],
    [{ peft_type: "ADALORA", bias: "all" }, adaLora, /bias: found "all"/],
    [{ peft_type: "MISS", init_weights: "bat" }, { "q.miss_block": [2, 2] }, /init_weights: found "bat"/],
    [{ peft_type: "LOHA" }, {}, /has no tensors of LOHA/],
    [
      { peft_type: "GRALORA", alpha: 2, hybrid_r: 0 },
      { "q.gralora_A": [0, 2, 2], "q.gralora_B": [0, 2, 2] },
      /rank 2 for 0 blocks/,
    ],
    [{ peft_type: "VBLORA", topk: -1 }, { vblora_vector_bank: [1, 1] }, /has no tensors of VBLORA/],
  ])("is refused with %j and %j", async (config, tensors, problem) => {
    await expect(read(config, tensors)).rejects.toThrow(problem);
  });
});
