// What is loaded, or how far loading is.

import { useStudio } from "../page/use-studio.ts";

export function LoadingState() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const busy = model.busy.value;
  const facts = model.facts.value;
  if (busy !== undefined) return <Progress />;
  if (facts === undefined) return null;
  const { parameters, trainingBytes } = model.estimate.value ?? { parameters: facts.parameters, trainingBytes: 0 };
  return (
    <p role="status">
      {words.ready(facts.name)}{" "}
      <span class="quiet figure">
        {words.parameters(parameters)} · {words.memory(trainingBytes)}
      </span>
    </p>
  );
}

function Progress() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const busy = model.busy.value ?? "loading";
  const progress = model.progress.value;
  const share = progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const amount =
    progress === undefined || share === undefined
      ? ""
      : progress.stage === "download"
        ? words.downloaded(progress.done, progress.total)
        : words.loaded(share);
  return (
    <div class="loading">
      <p role="status">{words[busy]}</p>
      <progress aria-label={words[busy]} max={1} {...(share === undefined ? {} : { value: share })} />
      <span class="quiet figure">{amount}</span>
      {model.isSlow.value && (
        <p class="problem" role="alert">
          {words.slow}{" "}
          <button type="button" onClick={() => location.reload()}>
            {words.retry}
          </button>
        </p>
      )}
    </div>
  );
}
