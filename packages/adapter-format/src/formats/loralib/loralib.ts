// microsoft/LoRA: A and B as PEFT has them, as parameters beside the base's, in a file that says no α.

import type { ForeignFormat } from "../foreign-format.ts";

export const loralib: ForeignFormat = {
  name: "loralib",
  advice:
    "Such a file says neither α nor which parts of a MergedLinear have pairs: read it in a program with readLoralibAdapter of " +
    "@lowrank/adapter-format, readLoralibAdapter(bytes, { alpha: 16, groups: { c_attn: [true, false, true] } }).",
  recognises: (clue) => "tensor" in clue && /\.lora_[AB]$/.test(clue.tensor),
};
