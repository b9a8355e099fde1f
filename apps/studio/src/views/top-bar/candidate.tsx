// What a model takes, before it is loaded.

import { useStudio } from "../page/use-studio.ts";

export function Candidate() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: candidate } = model.candidate;
  if (candidate === undefined || candidate.source.kind === "tiny" || model.busy.value === "loading") return null;
  if (model.failure.value?.at === "model") return null; // which offers to try again
  const { name, parameters, bytes, trainingBytes } = candidate.estimate;
  return (
    <div class="candidate">
      <p>
        <strong>{name}</strong>{" "}
        <span class="figure">
          {[words.parameters(parameters), words.toDownload(bytes), words.memory(trainingBytes)].join(" · ")}
        </span>
      </p>
      <div class="row">
        <button type="button" class="main" onClick={() => void model.load()}>
          {words.load}
        </button>
        <button type="button" onClick={() => model.leave()}>
          {words.notNow}
        </button>
      </div>
    </div>
  );
}
