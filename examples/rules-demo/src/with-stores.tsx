/** Says that the engine is being loaded, shows what is below once it is there, or says why it is not. */
import { type ReactNode, useEffect, useState } from 'react';
import { endStores, type Stores, startStores } from './stores.js';

type Progress =
  | { readonly at: 'loading' }
  | { readonly at: 'ready'; readonly stores: Stores }
  | { readonly at: 'failed'; readonly message: string };

const LOADING: Progress = { at: 'loading' };

export function WithStores({ children }: { children: (stores: Stores) => ReactNode }) {
  const [attempt, setAttempt] = useState(1);
  const progress = useStores(attempt);
  if (progress.at === 'ready') return children(progress.stores);
  if (progress.at === 'loading') return <p role="status">Loading the engine …</p>;
  return (
    <div className="card card-bad" role="alert">
      <strong>The page cannot start.</strong>
      <p>{progress.message}</p>
      <button type="button" onClick={() => setAttempt(attempt + 1)}>
        Try again
      </button>
    </div>
  );
}

/** The stores of one attempt, which live as long as the component that asks for them. */
function useStores(attempt: number): Progress {
  const [known, setKnown] = useState({ attempt, progress: LOADING });
  useEffect(() => {
    let isWanted = true;
    const tell = (progress: Progress) => {
      if (isWanted) setKnown({ attempt, progress });
    };
    const starting = startStores();
    starting.then(
      (stores) => tell({ at: 'ready', stores }),
      (error: unknown) => tell({ at: 'failed', message: String(error) }),
    );
    return () => {
      isWanted = false;
      // What could not be started needs no end.
      starting.then(endStores, () => {});
    };
  }, [attempt]);
  return known.attempt === attempt ? known.progress : LOADING;
}
