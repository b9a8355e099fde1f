// What to type next. Every command works as printed, from where npm start was called.

/** What a run has left behind. */
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

/** Commands that use what the run has left behind. */
export function nextSteps({ model, out, validationFile }: FinishedRun): readonly NextStep[] {
  const both = `--model ${quote(model)} --adapter ${quote(out)}`;
  const lowrank = "npm run lowrank --";
  return [
    { purpose: "let it write", command: `${lowrank} generate ${both} --prompt "${prompt}"` },
    { purpose: "measure it again", command: `${lowrank} evaluate ${both} --data ${quote(validationFile)} --generate` },
    { purpose: "make one model of both", command: `${lowrank} merge ${both} --out ${quote(`${out}-merged`)}` },
    { purpose: "look inside", command: `${lowrank} inspect ${quote(out)}` },
    { purpose: "use it in Python", command: `PeftModel.from_pretrained(base, ${JSON.stringify(out)})` },
  ];
}

/** Double quotes mean the same to sh, cmd and PowerShell as long as nothing inside is special. */
function quote(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
}
