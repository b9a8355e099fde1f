// Train, pause, stop, and how far it is. On a phone it stays in sight.

import { useStudio } from "../page/use-studio.ts";
import { runState } from "./run-state.ts";

export function TrainBar() {
  const studio = useStudio();
  const { run, rows, model, text } = studio;
  const { train } = text.value;
  const { value: phase } = run.phase;
  const canTrain = model.isReady.value && rows.teachable.value.length > 0;
  const share = phase === "idle" || !run.last.value ? 0 : run.last.value.step / run.last.value.steps;
  const isPaused = phase === "paused" || phase === "pausing";
  const canAct = phase === "idle" ? canTrain : phase !== "preparing" && phase !== "stopping";
  const act = () => void (phase === "idle" ? run.train() : isPaused ? run.continue() : run.pause());
  return (
    <fieldset class="train-bar" aria-label={train.barLabel}>
      {/* One button for all, so that the keyboard's focus stays: it would be lost with a button that goes. */}
      <button type="button" class="main" aria-disabled={!canAct} onClick={() => canAct && act()}>
        {phase === "idle" ? train.train : isPaused ? train.continue : train.pause}
      </button>
      {phase !== "idle" && (
        <button type="button" disabled={phase === "stopping"} onClick={() => void run.stop()}>
          {train.stop}
        </button>
      )}
      <span class="figure train-state">{runState(studio)}</span>
      {phase !== "idle" && (
        <progress aria-label={train.barLabel} value={share} max={1}>
          {Math.round(100 * share)} %
        </progress>
      )}
    </fieldset>
  );
}
