// The model as a grid, a column a block and a row a kind of layer: those that learn are lit.

import type { ModelFacts } from "../../protocol/model.ts";
import type { PlanFacts } from "../../protocol/run.ts";
import { useStudio } from "../page/use-studio.ts";

export interface LitLayersProps {
  readonly plan: PlanFacts;
  readonly model: ModelFacts;
}

export function LitLayers({ plan, model: { blocks, targets } }: LitLayersProps) {
  const { text } = useStudio();
  const lit = new Set(plan.sites.map(({ block, target }) => `${block}:${target}`));
  const { drawing } = text.value;
  const count = plan.sites.length;
  const [wide, high] = [10, 8];
  return (
    <div class="lit">
      <svg
        viewBox={`0 0 ${blocks * wide} ${targets.length * high}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={drawing.lit(count, blocks)}
      >
        {targets.flatMap((target, row) =>
          Array.from({ length: blocks }, (_, block) => (
            <rect
              key={`${block}:${target}`}
              class={lit.has(`${block}:${target}`) ? "on" : "off"}
              x={block * wide + 1}
              y={row * high + 1}
              width={wide - 2}
              height={high - 2}
            />
          )),
        )}
      </svg>
      <p class="quiet">{drawing.lit(count, blocks)}</p>
    </div>
  );
}
