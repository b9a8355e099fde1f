// The names of a transformer block's linear layers by their roles, for each family.

import type { Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import type { PretrainedModel } from "@lowrank/models";

/** The role of a linear layer in its block. */
export type Role = "query" | "key" | "value" | "attentionOutput" | "feedForwardInput" | "feedForwardOutput";

type Names = Readonly<Record<Role, string>>;

const llama: Names = {
  query: "self_attn.q_proj",
  key: "self_attn.k_proj",
  value: "self_attn.v_proj",
  attentionOutput: "self_attn.o_proj",
  feedForwardInput: "mlp.up_proj",
  feedForwardOutput: "mlp.down_proj",
};
const names: Readonly<Record<string, Names>> = {
  vit: {
    query: "attention.q_proj",
    key: "attention.k_proj",
    value: "attention.v_proj",
    attentionOutput: "attention.o_proj",
    feedForwardInput: "mlp.fc1",
    feedForwardOutput: "mlp.fc2",
  },
  bert: {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attentionOutput: "attention.output.dense",
    feedForwardInput: "intermediate.dense",
    feedForwardOutput: "output.dense",
  },
  llama,
  qwen2: llama,
};

/** transformers' names of the layers with these roles, as target modules of LoRA. */
export function targetsOf(model: PretrainedModel, roles: readonly Role[]): readonly string[] {
  const known = names[model.modelType];
  if (known === undefined) throw new Error(`No names are known for the layers of "${model.modelType}".`);
  return roles.map((role) => known[role]);
}

/** The sites with a role, from the first block to the last. */
export function sitesOf(model: PretrainedModel, role: Role): readonly Site[] {
  const [name = ""] = targetsOf(model, [role]);
  // BERT's "output.dense" is also the end of "attention.output.dense".
  const pattern = new RegExp(`\\.\\d+\\.${name.replaceAll("./", "\\.")}$`);
  return model.sites().filter(({ path }) => pattern.test(path));
}

/** The weight of a site. */
export function weightOf(model: PretrainedModel, site: Site): ParameterRef {
  const found = model.parameters().find(({ path }) => path === `${site.path}.weight`);
  if (found === undefined) throw new Error(`The model lists no weight for ${site.path}.`);
  return found;
}
