/** Photos of machines: taken, made small, and listed with where each is. */
import { type ChangeEvent, useState } from 'react';
import { useOutbox, usePhotos } from '../context.js';
import { Empty } from '../parts/empty.js';
import { FailedActions, why } from '../parts/failed.js';
import { clockTime } from '../parts/format.js';
import { Icon } from '../parts/icons.js';
import { StateChip } from '../parts/state.js';
import { pictureUrl, shrink } from '../photo.js';
import { MACHINES, newId, type Photo, useSetRecord } from '../records.js';
import { rowsOf } from '../rows.js';

export function PhotosScreen() {
  return (
    <>
      <h1>Photos</h1>
      <PhotoForm />
      <PhotoGrid />
    </>
  );
}

function PhotoForm() {
  const send = useSetRecord('field.photos');
  const [machine, setMachine] = useState<string>(MACHINES[0]);
  const [caption, setCaption] = useState('');
  const [problem, setProblem] = useState('');
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.target;
    const file = input.files?.[0];
    if (!file) return;
    try {
      const small = await shrink(file);
      const words = caption.trim() ? { caption: caption.trim() } : {};
      send({ id: newId(), machine, ...words, ...small, timestamp: Date.now() });
      setCaption('');
      setProblem('');
    } catch (error) {
      setProblem(`This picture cannot be used: ${error instanceof Error ? error.message : error}`);
    } finally {
      // So that the same file can be chosen again.
      input.value = '';
    }
  };
  return (
    <section className="card form" aria-label="New photo">
      <fieldset className="choice">
        <legend>Machine</legend>
        {MACHINES.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="machine"
              checked={each === machine}
              onChange={() => setMachine(each)}
            />
            <span>{each}</span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>Caption, if any</span>
        <input
          value={caption}
          maxLength={120}
          onChange={(event) => setCaption(event.target.value)}
        />
      </label>
      <p className="problem" role="alert">
        {problem}
      </p>
      <label className="first capture">
        <Icon name="photo" />
        Take a photo
        <input
          type="file"
          accept="image/*"
          capture="environment"
          onChange={(event) => void take(event)}
        />
      </label>
    </section>
  );
}

function PhotoGrid() {
  const rows = rowsOf<Photo>('field.photos', usePhotos(), useOutbox());
  if (rows.length === 0) {
    return (
      <Empty icon="photo" title="No photos yet">
        A photo is made small, about 40 kB, and sent when there is a network.
      </Empty>
    );
  }
  return (
    <ul className="photos" aria-label="Last photos">
      {rows.map(({ value, state, letter }) => (
        <li key={value.id}>
          <img
            src={pictureUrl(value.id, value.jpeg)}
            alt={value.caption ?? `Photo of ${value.machine}`}
            width={value.width}
            height={value.height}
          />
          <div className="what">
            <b>{value.caption ?? value.machine}</b>
            <span>
              {value.caption ? `${value.machine}, ` : ''}
              {clockTime(value.timestamp)}
            </span>
            <StateChip state={state} />
            {letter && <p className="why">{why(letter)}</p>}
            {letter && <FailedActions letter={letter} />}
          </div>
        </li>
      ))}
    </ul>
  );
}
