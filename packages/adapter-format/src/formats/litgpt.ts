// Lightning's litgpt: a pickle, with the factors of query, key and value in one.

import type { ForeignFormat } from "./foreign-format.ts";

export const litgpt: ForeignFormat = {
  name: "litgpt",
  advice:
    "It is a pickle in names of its own. Make a whole model of it with litgpt merge_lora and litgpt convert_from_litgpt, load its " +
    'model.pth in Python – from_pretrained(base, state_dict=torch.load("model.pth")) –, save_pretrained it and take that as the base.',
  recognises: (clue) =>
    "file" in clue
      ? /^lit_model\.(pth\.lora|lora\.pth)$/.test(clue.file)
      : "tensor" in clue &&
        /^transformer\.h\.\d+\.(attn\.(qkv|attn|proj)|mlp\.(fc|fc_1|fc_2|proj))\.lora_[AB]$/.test(clue.tensor),
};
