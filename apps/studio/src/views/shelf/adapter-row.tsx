// One adapter of the shelf: chosen, renamed, copied, deleted.

import type { ShelfEntry } from "../../protocol/shelf.ts";
import { useStudio } from "../page/use-studio.ts";

export function AdapterRow({ entry }: { readonly entry: ShelfEntry }) {
  const { shelf, chosen, model, text } = useStudio();
  const words = text.value.shelf;
  const { id, name, made } = entry;
  const isUsable = entry.model === model.facts.value?.name;
  return (
    <li class="adapter">
      <input
        type="radio"
        name="adapter"
        aria-label={name}
        checked={chosen.value?.id === id}
        disabled={!isUsable}
        onChange={() => shelf.choose(entry)}
      />
      <div>
        <input
          class="adapter-name"
          aria-label={`${words.name}: ${name}`}
          value={name}
          maxLength={60}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          onChange={(event) => void shelf.rename(id, event.currentTarget.value)}
        />
        <p class="quiet figure">
          {words.facts(entry)} · <time dateTime={new Date(made).toISOString()}>{words.made(made)}</time>
        </p>
        {!isUsable && <p class="quiet">{words.otherModel(entry.model)}</p>}
      </div>
      <div class="adapter-actions">
        <button type="button" class="plain" aria-label={words.copyOf(name)} onClick={() => void shelf.duplicate(id)}>
          {words.copy}
        </button>
        <button type="button" class="plain" aria-label={words.removeOf(name)} onClick={() => void shelf.remove(id)}>
          {words.remove}
        </button>
      </div>
    </li>
  );
}
