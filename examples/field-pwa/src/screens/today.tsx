/** What was done here last, and the way to what is done next. */
import { useOutbox, usePhotos, useReadings } from '../context.js';
import { clockTime, number, plural } from '../parts/format.js';
import { Icon } from '../parts/icons.js';
import { meterName } from '../parts/words.js';
import { rowsOf } from '../rows.js';

export function TodayCard() {
  const outbox = useOutbox();
  const readings = rowsOf('field.readings', useReadings(), outbox);
  const photos = rowsOf('field.photos', usePhotos(), outbox);
  const last = readings[0]?.value;
  const { waiting, letters } = outbox;
  return (
    <section className="card" aria-label="Round">
      <header>
        <Icon name="reading" />
        <h2>Your round</h2>
      </header>
      <dl>
        <dt>Last reading</dt>
        <dd>
          {last ? `${number(last.value)} ${last.unit}` : 'none yet'}
          {last && (
            <small className="of">
              {meterName(last.meter)}, {clockTime(last.timestamp)}
            </small>
          )}
        </dd>
        <dt>Last photo</dt>
        <dd>{photos[0] ? clockTime(photos[0].value.timestamp) : 'none yet'}</dd>
        <dt>Not delivered</dt>
        <dd>
          {waiting.length === 0 && letters.length === 0 && 'nothing'}
          {waiting.length > 0 && plural(waiting.length, 'entry', 'entries')}
          {letters.length > 0 && (
            <a href="#outbox">
              {letters.length === 1 ? '1 needs you' : `${letters.length} need you`}
            </a>
          )}
        </dd>
      </dl>
      <div className="valve">
        <a className="second" href="#readings">
          New reading
        </a>
        <a className="second" href="#photos">
          New photo
        </a>
      </div>
    </section>
  );
}
