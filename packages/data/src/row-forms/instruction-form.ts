// {"instruction": …, "input": …, "output": …}; the input may be absent.

import { isTexts, type RowForm, readTexts } from "./row-form.ts";

/** Stanford Alpaca's rows. */
export const instructionForm: RowForm = {
  name: "instruction/input/output",
  source: "Stanford Alpaca (Taori et al. 2023), data format",
  keys: ["instruction", "output"],
  read(fields) {
    const hasInput = fields.get("input") !== undefined && fields.get("input") !== null;
    const texts = readTexts(fields, hasInput ? ["instruction", "output", "input"] : ["instruction", "output"]);
    if (!isTexts(texts)) return texts;
    const [instruction = "", output = "", input = ""] = texts;
    return { kind: "instruction", instruction, input, output };
  },
};
