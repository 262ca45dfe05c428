// Reads a section aloud. Without a voice of the device there is no button.
import { voiceFor, speak, hush, voicesChanged } from './voice.js';

const buttons = [...document.querySelectorAll('[data-aloud]')];
const voice = () => voiceFor(document.documentElement.lang);
let speaking;

function label(button, text) { button.querySelector('span').textContent = text; }

function stop() {
  hush();
  if (speaking) label(speaking, speaking.dataset.aloud);
  speaking = undefined;
}

function read(button) {
  const parts = [...button.parentElement.querySelectorAll('li, p')].map(node => node.textContent);
  speaking = button;
  label(button, button.dataset.stop);
  speak(parts.join('\n'), voice(), () => { if (speaking === button) stop(); });
}

const offer = () => buttons.forEach(button => { button.hidden = !voice(); });
offer();
voicesChanged(offer);
addEventListener('pagehide', stop);
buttons.forEach(button => button.addEventListener('click', () => {
  const again = speaking === button;
  stop();
  if (!again) read(button);
}));
