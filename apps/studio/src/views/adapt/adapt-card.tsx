// Rank, layers, and what follows from them at once.

import { Drawing } from "../drawing/drawing.tsx";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { MoreSettings } from "./more-settings.tsx";
import { PlanFigures } from "./plan-figures.tsx";
import { Targets } from "./targets.tsx";
import "./adapt.css";

const ranks = [1, 2, 4, 8, 16, 32, 64];

export function AdaptCard() {
  const { model, settings, text } = useStudio();
  const { adapt } = text.value;
  const { rank } = settings.adapter.value;
  const place = Math.max(
    0,
    ranks.findIndex((each) => each >= rank),
  );
  return (
    <Card id="adapt" title={adapt.title} lead={adapt.lead}>
      <label class="rank">
        {adapt.rank}
        <span class="rank-field">
          <input
            type="range"
            min={0}
            max={ranks.length - 1}
            step={1}
            value={place}
            aria-valuetext={String(rank)}
            onInput={({ currentTarget }) => settings.changeRank(ranks[Number(currentTarget.value)] ?? 8)}
          />
          <output class="figure">{rank}</output>
        </span>
      </label>
      <Drawing rank={rank} model={model.facts.value} plan={settings.plan.value} />
      <Targets />
      <PlanFigures />
      {settings.failure.value && (
        <p class="problem wraps" role="alert">
          {settings.failure.value}
        </p>
      )}
      <MoreSettings />
    </Card>
  );
}
