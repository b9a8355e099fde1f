// The run: its controls, its curve, its filmstrip, and its result.

import "./train.css";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Frame } from "../../protocol/run.ts";
import type { Studio } from "../../state/studio.ts";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { CurveCard } from "./curve-figure.tsx";

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

function TrainBar() {
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

function runState({ run, rows, model, settings, timing, text }: Studio): string {
  const { train } = text.value;
  const { value: last } = run.last;
  switch (run.phase.value) {
    case "preparing":
      return train.preparing;
    case "pausing":
      return train.pausing;
    case "paused":
      return train.paused;
    case "stopping":
      return train.stopping;
    case "training":
      return last ? `${train.progress(last.step, last.steps)} · ${train.left(last.secondsLeft)}` : "";
    case "idle":
  }
  const { value: result } = run.result;
  if (result?.reason === "finished") return train.finished(result.steps);
  if (result?.reason === "stopped") return train.stopped(result.steps);
  if (!model.isReady.value) return train.needsModel;
  const { length } = rows.teachable.value;
  if (length === 0) return train.needsRows;
  const { steps } = settings.training.value;
  const { value: seconds } = timing.stepSeconds;
  const ready = train.ready(length, steps);
  return seconds === undefined ? ready : `${ready}, ${train.readyIn(seconds * steps)}`;
}

function DivergedNote() {
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

function Film() {
  const { run, settings, text } = useStudio();
  const { train } = text.value;
  const { value: writing } = run.writing;
  const frames = writing === undefined ? run.frames.value : [...run.frames.value, writing];
  const strip = useRef<HTMLOListElement>(null);
  const newest = frames.at(-1)?.step;
  useLayoutEffect(() => {
    if (strip.current !== null) strip.current.scrollLeft = strip.current.scrollWidth;
  }, [newest]);
  if (frames.length === 0) return null;
  return (
    <section class="film" aria-labelledby="film-title">
      <h3 id="film-title">{train.film}</h3>
      <p class="quiet">
        {train.asked}: “{run.watched.value ?? settings.watched.value}”
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which a keyboard must be able to do */}
      <ol ref={strip} tabIndex={0} aria-label={train.film}>
        {frames.map((frame) => (
          <FrameItem key={frame.step} frame={frame} isWriting={frame === writing} />
        ))}
      </ol>
    </section>
  );
}

function FrameItem({ frame, isWriting }: { readonly frame: Frame; readonly isWriting: boolean }) {
  const { text } = useStudio();
  const { train } = text.value;
  return (
    <li class={isWriting ? "is-writing" : ""}>
      <h4>{frame.step === 0 ? train.base : train.frame(frame.step)}</h4>
      <p>{frame.text === "" ? train.noAnswer : frame.text}</p>
    </li>
  );
}

function UnfinishedNote() {
  const { run, model, text } = useStudio();
  const { train } = text.value;
  const { value: left } = run.unfinished;
  if (left === undefined || run.isBusy.value) return null;
  const isOpen = model.facts.value?.name === left.model;
  const { source } = left;
  return (
    <div class="note" role="status">
      <p>
        {train.unfinished(left.name, left.step, left.steps)} {!isOpen && train.otherModel(left.model)}
      </p>
      <div class="row">
        {isOpen ? (
          <button type="button" class="main" disabled={!model.isReady.value} onClick={() => void run.resume()}>
            {train.resume(left.step)}
          </button>
        ) : (
          source !== "files" && (
            <button type="button" class="main" onClick={() => void model.choose({ kind: source })}>
              {left.model}
            </button>
          )
        )}
        <button type="button" class="plain" onClick={() => void run.forget()}>
          {train.forget}
        </button>
      </div>
    </div>
  );
}
