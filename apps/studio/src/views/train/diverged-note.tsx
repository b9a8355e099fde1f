// A run that lost its way, and the way back.

import { useStudio } from "../page/use-studio.ts";

export function DivergedNote() {
  const { run, text } = useStudio();
  const { train } = text.value;
  const { value: lost } = run.diverged;
  if (lost === undefined) return null;
  const { at, lastGood, request } = lost;
  const rate = String(Number((request.training.learningRate / 2).toPrecision(3)));
  return (
    <div class="note is-bad" role="alert">
      <p>{train.lost(at)}</p>
      <div class="row">
        <button type="button" class="main" onClick={() => void run.goBack()}>
          {lastGood === undefined ? train.beginAnew(rate) : train.goBack(lastGood, rate)}
        </button>
        <button type="button" class="plain" onClick={() => void run.forget()}>
          {train.giveUp}
        </button>
      </div>
    </div>
  );
}
