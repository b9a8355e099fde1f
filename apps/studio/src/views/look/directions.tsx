// The singular values of the picked layer: how many directions its change has, and how many of them matter.

import { useStudio } from "../page/use-studio.ts";

export function Directions({ rank }: { readonly rank: number }) {
  const { look, text } = useStudio();
  const words = text.value.look;
  const { value: singular } = look.singular;
  if (singular === undefined) return null;
  const { site, values, mattering } = singular;
  const place = look.picture.value?.cells.find((cell) => cell.site === site);
  const most = values[0] || 1;
  const written = values.map((value) => value.toPrecision(2));
  return (
    <section class="directions" aria-live="polite">
      <h3>{words.directions(place?.target ?? site, words.block(place?.block))}</h3>
      <p>{words.mattering(Math.min(rank, values.length), mattering)}</p>
      <div class="bars" role="img" aria-label={words.bars(written)}>
        {values.map((value, index) => (
          <span
            key={index}
            class={index < mattering ? "matters" : ""}
            style={{ height: `${Math.max(1, (100 * value) / most)}%` }}
            title={written[index]}
          />
        ))}
      </div>
    </section>
  );
}
