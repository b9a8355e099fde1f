// Adapters.

import { parseLoraConfig, planMatches, readAdapter, scalingOf } from "@lowrank/adapter-format";
import { rankOf } from "@lowrank/adapter-format/internal";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { messageFault } from "../../watch/judge.ts";
import { type Bomb, nested, numbered } from "./bomb.ts";

const modules = Array.from({ length: 256 }, (_, index) => `model.layers.${index}.self_attn.q_proj`);

function match(fields: Readonly<Record<string, unknown>>): void {
  const config = parseLoraConfig(JSON.stringify({ peft_type: "LORA", target_modules: ["q_proj"], ...fields }));
  for (const path of planMatches(config, modules).matched) rankOf(config, path) + scalingOf(config, path);
}

const name = (index: number) => `layers.${index}.q_proj`;

export const adapterBombs: readonly Bomb[] = [
  {
    name: "1 100 ranks by pattern, one more than were once remembered",
    explode: () => match({ rank_pattern: numbered(1100, name, 4) }),
  },
  {
    name: "70 000 ranks by pattern",
    expected: "UNSUPPORTED_PATTERN",
    explode: () => match({ rank_pattern: numbered(70_000, (index) => `${name(index)}|x`, 4) }),
  },
  {
    name: "2 000 names in modules_to_save",
    explode: () => match({ modules_to_save: Array.from({ length: 2000 }, (_, index) => `m${index}`) }),
  },
  {
    name: "2 000 names in layers_pattern",
    explode: () => {
      const layers_pattern = Array.from({ length: 2000 }, (_, index) => (index === 0 ? "layers" : `l${index}`));
      match({ layers_to_transform: [0], layers_pattern });
    },
  },
  {
    name: "a pattern that backtracks",
    explode: () => match({ target_modules: ".*(_|[a-z.0-9]+)*q_proj" }),
  },
  {
    name: "adapter_config.json a million levels deep",
    expected: "INVALID_ADAPTER_CONFIG",
    explode: () => parseLoraConfig(`{"peft_type": "LORA", "target_modules": ${nested(1_000_000)}}`),
  },
  {
    name: "20 000 unknown keys",
    explode: () => {
      const faults: (string | undefined)[] = [];
      const json = JSON.stringify({ peft_type: "LORA", ...numbered(20_000, (index) => `an_unknown_key_${index}`, 1) });
      parseLoraConfig(json, { onWarning: ({ message }) => void faults.push(messageFault(message)) });
      const fault = faults.find((found) => found !== undefined);
      if (fault !== undefined) throw new Error(`a warning is ${fault}`);
    },
  },
  {
    name: "20 000 unknown tensors",
    expected: "INVALID_ADAPTER_TENSORS",
    explode: () => {
      const tensor = float32Tensor([1], Float32Array.of(1));
      const tensors = Array.from({ length: 20_000 }, (_, index) => [`a.tensor.${index}`, tensor] as const);
      const weights = serializeSafetensors(new Map(tensors));
      return readAdapter({ config: '{"peft_type": "LORA", "target_modules": ["q"]}', weights });
    },
  },
];
