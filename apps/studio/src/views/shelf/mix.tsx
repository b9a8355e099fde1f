// Two adapters become one: their weighted sum.

import { useSignal } from "@preact/signals";
import { useStudio } from "../page/use-studio.ts";
import { ShelfProblem } from "./shelf-problem.tsx";

export function Mix() {
  const studio = useStudio();
  const { shelf, chosen } = studio;
  const words = studio.text.value.shelf;
  const { value: usable } = shelf.usable;
  const picked = useSignal<readonly [string | undefined, string | undefined]>([undefined, undefined]);
  const share = useSignal(50);
  const known = (id: string | undefined) => usable.find((entry) => entry.id === id);
  const first = known(picked.value[0]) ?? known(chosen.value?.id) ?? usable[0];
  const second = known(picked.value[1]) ?? usable.find((entry) => entry !== first);
  if (first === undefined || second === undefined) return null;
  const mix = async () => {
    const name = words.mixName(first.name, second.name);
    const isMixed = await shelf.mix(first.id, second.id, { share: share.value / 100, name });
    if (isMixed) studio.announce(words.added(shelf.entry.value?.name ?? name));
  };
  const choice = (place: 0 | 1, label: string, current: string) => (
    <label>
      {label}
      <select
        value={current}
        onChange={({ currentTarget: { value } }) => {
          picked.value = place === 0 ? [value, second.id] : [first.id, value];
        }}
      >
        {usable.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <details class="shelf-more">
      <summary>{words.mix}</summary>
      <p class="quiet">{words.mixSays}</p>
      <div class="mix-choices">
        {choice(0, words.first, first.id)}
        {choice(1, words.second, second.id)}
      </div>
      <label>
        <span class="figure">{words.share(100 - share.value, share.value)}</span>
        <input
          type="range"
          aria-label={words.shareLabel}
          min={0}
          max={100}
          step={5}
          value={share.value}
          onInput={(event) => {
            share.value = event.currentTarget.valueAsNumber;
          }}
        />
      </label>
      <div class="row">
        <button
          type="button"
          disabled={shelf.busy.value === "mix" || first.id === second.id}
          onClick={() => void mix()}
        >
          {words.mixNow}
        </button>
        <span class="quiet" role="status">
          {shelf.busy.value === "mix" && words.mixing}
        </span>
      </div>
      <ShelfProblem at="mix" />
    </details>
  );
}
