// What the settings make: from the plan, and from a step that was timed.

import { useStudio } from "../page/use-studio.ts";

export function PlanFigures() {
  const { settings, timing, text } = useStudio();
  const { adapt } = text.value;
  const { value: plan } = settings.plan;
  const { value: seconds } = timing.stepSeconds;
  return (
    <dl class="plan">
      <div>
        <dt>{adapt.trainable}</dt>
        <dd class="figure">{plan ? adapt.ofAll(plan.trainable, plan.share) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.file}</dt>
        <dd class="figure">{plan ? adapt.megabytes(plan.fileBytes) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.memory}</dt>
        <dd class="figure">{plan ? adapt.megabytes(plan.trainingBytes) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.step}</dt>
        <dd class="figure">
          {timing.isTiming.value ? adapt.measuring : seconds !== undefined ? adapt.duration(seconds) : adapt.unknown}
        </dd>
      </div>
    </dl>
  );
}
