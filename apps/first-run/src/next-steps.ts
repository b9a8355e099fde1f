// What to type next. Every command works as printed, from where npm start was called.

/** What a run has left behind. */
export interface FinishedRun {
  readonly model: string;
  readonly out: string;
  readonly validationFile: string;
  readonly prompt: string;
}

/** Commands to try, each with its purpose. */
export function nextSteps({ model, out, validationFile, prompt }: FinishedRun): readonly (readonly [string, string])[] {
  const both = `--model ${quote(model)} --adapter ${quote(out)}`;
  return [
    ["let it write", `npm run lowrank -- generate ${both} --prompt ${quote(prompt)}`],
    ["measure it again", `npm run lowrank -- evaluate ${both} --data ${quote(validationFile)}`],
    ["one model of both", `npm run lowrank -- merge ${both} --out ${quote(`${out}-merged`)}`],
    ["look inside", `npm run lowrank -- inspect ${quote(out)}`],
    ["in Python", `PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("${model}"), "${out}")`],
  ];
}

/** Double quotes mean the same to sh, cmd and PowerShell as long as nothing inside is special. */
function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `"${text.replaceAll('"', "'")}"`;
}
