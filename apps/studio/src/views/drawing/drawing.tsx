// W + B·A, as wide as they are in truth but for the rank, which would be a hair: the frozen square, the two strips, and a
// small house of the model's blocks with those that are adapted lit.

import "./drawing.css";
import type { ModelFacts } from "../../protocol/model.ts";
import type { PlanFacts } from "../../protocol/run.ts";
import { useStudio } from "../page/use-studio.ts";

export interface DrawingProps {
  readonly rank: number;
  /** Undefined before a model is there. */
  readonly model: ModelFacts | undefined;
  readonly plan: PlanFacts | undefined;
}

const side = 120;

/** Pixels: rank 1 can be seen, 64 leaves the strips thinner than the square. */
const stripWidth = (rank: number): number => Math.min(side / 2, 3 + 5 * Math.sqrt(Math.max(0, rank - 1)));

export function Drawing({ rank, model, plan }: DrawingProps) {
  const { text } = useStudio();
  const { drawing } = text.value;
  const thin = stripWidth(rank);
  const [b, a] = [200, 200 + side / 2 + 34];
  const middle = 12 + side / 2;
  return (
    <figure class="drawing">
      <svg viewBox={`0 0 ${a + side + 12} ${side + 44}`} role="img" aria-label={drawing.picture(rank)}>
        <rect class="frozen" x="8" y="12" width={side} height={side} rx="6" />
        <text class="symbol" x={8 + side / 2} y={middle + 6}>
          W
        </text>
        <text class="label" x={8 + side / 2} y={side + 32}>
          {drawing.frozen}
        </text>
        <text class="sign" x={(8 + side + b) / 2} y={middle + 8}>
          +
        </text>
        <rect class="down" x={b + (side / 2 - thin) / 2} y="12" width={thin} height={side} rx="3" />
        <text class="label" x={b + side / 4} y={side + 32}>
          B
        </text>
        <text class="sign" x={b + side / 2 + 16} y={middle + 8}>
          ·
        </text>
        <rect class="up" x={a} y={12 + (side - thin) / 2} width={side} height={thin} rx="3" />
        <text class="label" x={a + side / 2} y={side + 32}>
          A
        </text>
      </svg>
      <figcaption>
        <p>{drawing.sentence}</p>
        <p class="quiet">{drawing.rank(rank)}</p>
      </figcaption>
      {plan && model && <LitLayers plan={plan} model={model} />}
    </figure>
  );
}

interface LitLayersProps {
  readonly plan: PlanFacts;
  readonly model: ModelFacts;
}

function LitLayers({ plan, model: { blocks, targets } }: LitLayersProps) {
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
