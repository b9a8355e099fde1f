// Which layers of each block learn.

import { useStudio } from "../page/use-studio.ts";

export function Targets() {
  const { model, settings, text } = useStudio();
  const { value: facts } = model.facts;
  if (facts === undefined) return null;
  const { targets } = settings.adapter.value;
  const isOn = (name: string) => targets === "all-linear" || targets.includes(name);
  return (
    <fieldset class="targets">
      <legend>{text.value.adapt.targets}</legend>
      {facts.targets.map((name) => (
        <label key={name} class={`chip ${isOn(name) ? "is-on" : ""}`}>
          <input type="checkbox" checked={isOn(name)} onChange={() => settings.toggleTarget(name, facts.targets)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
