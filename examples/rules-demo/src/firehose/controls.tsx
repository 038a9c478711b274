/** Start and pause, how much changes, and which engine does the work. */
import { useId } from 'react';
import { percent } from './format.js';
import type { FirehoseModel, FirehoseView } from './model.js';
import { ENGINE_NAMES, type EngineName } from './run.js';

/** The stops of the slider. */
const SHARES = [0, 0.01, 0.1, 1] as const;

export const ENGINE_TITLES: { readonly [ENGINE in EngineName]: string } = {
  wasm: 'WebAssembly',
  twin: 'TypeScript twin',
};

interface ControlsProps {
  readonly firehose: FirehoseModel;
  readonly view: FirehoseView;
}

export function Controls({ firehose, view }: ControlsProps) {
  return (
    <div className="controls">
      <button type="button" className="primary" onClick={() => firehose.toggle()}>
        {view.isRunning ? 'Pause the feed' : 'Start the feed'}
      </button>
      <ShareSlider firehose={firehose} share={view.share} />
      <fieldset className="choices">
        <legend>Engine</legend>
        {ENGINE_NAMES.map((engine) => (
          <label key={engine}>
            <input
              type="radio"
              name="engine"
              checked={view.engine === engine}
              onChange={() => firehose.choose(engine)}
            />
            {ENGINE_TITLES[engine]}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function ShareSlider({ firehose, share }: { firehose: FirehoseModel; share: number }) {
  const id = useId();
  return (
    <div className="slider">
      <label htmlFor={id}>
        Changes in a frame: <strong>{percent(share)}</strong>
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={SHARES.length - 1}
        step={1}
        list={`${id}-stops`}
        value={SHARES.findIndex((stop) => stop >= share)}
        aria-valuetext={percent(share)}
        onChange={({ target }) => firehose.setShare(SHARES[Number(target.value)] ?? share)}
      />
      <datalist id={`${id}-stops`}>
        {SHARES.map((stop, at) => (
          <option key={stop} value={at} label={percent(stop)} />
        ))}
      </datalist>
    </div>
  );
}
