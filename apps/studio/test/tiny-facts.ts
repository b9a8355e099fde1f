// The page's facts about the tiny model.

import type { ModelFacts } from "../src/protocol/model.ts";

export const tinyFacts: ModelFacts = {
  name: "@lowrank/tiny-model",
  address: undefined,
  parameters: 0,
  positions: 256,
  chats: false,
  blocks: 4,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  loadSeconds: 0,
};
