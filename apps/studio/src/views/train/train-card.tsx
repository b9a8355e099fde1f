// The run: what steers it, its curve, its filmstrip, and what became of it.

import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { CurveCard } from "./curve-figure.tsx";
import { DivergedNote } from "./diverged-note.tsx";
import { Film } from "./film.tsx";
import { TrainBar } from "./train-bar.tsx";
import { UnfinishedNote } from "./unfinished-note.tsx";
import "./train.css";

export function TrainCard() {
  const { run, text } = useStudio();
  const { train } = text.value;
  return (
    <Card id="train" title={train.title}>
      <UnfinishedNote />
      <TrainBar />
      {run.failure.value && (
        <p class="problem wraps" role="alert">
          {train.failed} {run.failure.value}
        </p>
      )}
      {!run.isKept.value && <p class="problem">{train.notKept}</p>}
      {run.result.value?.findings?.map((finding) => (
        <p key={finding} class="problem wraps">
          {finding}
        </p>
      ))}
      <DivergedNote />
      <CurveCard />
      <Film />
    </Card>
  );
}
