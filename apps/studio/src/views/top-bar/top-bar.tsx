// Which model learns, what it takes, and what computes. Files may be dropped anywhere on it.

import { useState } from "preact/hooks";
import { useStudio } from "../page/use-studio.ts";
import { Candidate } from "./candidate.tsx";
import { droppedFiles } from "./dropped-files.ts";
import { EngineChoice } from "./engine-choice.tsx";
import { LoadingState } from "./loading-state.tsx";
import { ModelChoice } from "./model-choice.tsx";
import { ModelFailure } from "./model-failure.tsx";
import "./top-bar.css";

export function TopBar() {
  const { model, text } = useStudio();
  const [isOver, setIsOver] = useState(false);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    if (event.dataTransfer === null) return;
    const files = await droppedFiles(event.dataTransfer);
    await model.choose({ kind: "files", files });
  };
  return (
    <section
      class={`card wide top-bar ${isOver ? "is-over" : ""}`}
      id="model"
      aria-labelledby="model-title"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <h2 id="model-title" class="unseen">
        {text.value.model.heading}
      </h2>
      <ModelChoice />
      <div class="top-bar-state">
        <LoadingState />
        <EngineChoice />
      </div>
      <Candidate />
      <ModelFailure />
    </section>
  );
}
