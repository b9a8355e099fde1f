// Commands to try next. Every command works as printed, in the folder where npm start was called.

/** The output of a run. */
export interface FinishedRun {
  readonly model: string;
  readonly out: string;
  readonly validationFile: string;
}

/** A command to try. */
export interface NextStep {
  readonly purpose: string;
  readonly command: string;
}

const prompt = "name[The Wrestlers], eatType[pub], food[Italian], area[riverside] ->";

/** Commands that use the output of the run. */
export function nextSteps({ model, out, validationFile }: FinishedRun): readonly NextStep[] {
  const both = `--model ${quote(model)} --adapter ${quote(out)}`;
  const lowrank = "npm run lowrank --";
  return [
    { purpose: "generate text", command: `${lowrank} generate ${both} --prompt "${prompt}"` },
    { purpose: "evaluate it again", command: `${lowrank} evaluate ${both} --data ${quote(validationFile)} --generate` },
    { purpose: "merge it into the model", command: `${lowrank} merge ${both} --out ${quote(`${out}-merged`)}` },
    { purpose: "inspect the adapter", command: `${lowrank} inspect ${quote(out)}` },
    { purpose: "use it in Python", command: `PeftModel.from_pretrained(base, ${JSON.stringify(out)})` },
  ];
}

/** Double quotes mean the same to sh, cmd and PowerShell as long as nothing inside is special. */
function quote(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}
