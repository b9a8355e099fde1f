// What went wrong with a model or an engine, in plain words, and what can be done.

import { useStudio } from "../page/use-studio.ts";

export function ModelFailure() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: failure } = model.failure;
  if (failure === undefined) return null;
  const { value: engine } = model.engine;
  const isEngine = failure.at === "engine" && failure.code !== "DEVICE_LOST" && engine !== undefined;
  return (
    <div class="problem model-failure" role="alert">
      <p>
        {isEngine && `${words.engineFailed(words.engineNames[engine.name])} `}
        {words.failures[failure.code ?? ""] ?? failure.message}
      </p>
      <div class="row">
        <button type="button" onClick={() => void model.retry()}>
          {words.retry}
        </button>
        {model.facts.value !== undefined && (
          <button type="button" class="plain" onClick={() => model.leave()}>
            {words.notNow}
          </button>
        )}
      </div>
    </div>
  );
}
