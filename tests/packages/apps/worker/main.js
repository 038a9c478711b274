const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data: { id, text } }) => {
  const line =
    document.querySelector(`#${id}`) ?? document.body.appendChild(document.createElement('p'));
  line.id = id;
  line.textContent = text;
};
worker.onerror = ({ message }) => reportError(new Error(`in the worker: ${message}`));
worker.postMessage(new URLSearchParams(location.search).get('server'));
