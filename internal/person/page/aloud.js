// Reads a section aloud, with a voice that the device has itself: one on the
// network would tell a stranger what is read here. Without such a voice there
// is no button.
const speech = globalThis.speechSynthesis;
const buttons = [...document.querySelectorAll('[data-aloud]')];
const language = tag => tag.toLowerCase().replace('_', '-').split('-')[0];
const voice = () => speech.getVoices().find(v => v.localService && language(v.lang) === language(document.documentElement.lang));
let speaking;

function label(button, text) { button.querySelector('span').textContent = text; }

function stop() {
  speech.cancel();
  if (speaking) label(speaking, speaking.dataset.aloud);
  speaking = undefined;
}

function read(button) {
  const parts = [...button.parentElement.querySelectorAll('li, p')].map(node => node.textContent);
  const words = new SpeechSynthesisUtterance(parts.join('\n'));
  words.voice = voice();
  words.lang = words.voice.lang;
  words.rate = 0.9;
  words.onend = () => { if (speaking === button) stop(); };
  speaking = button;
  label(button, button.dataset.stop);
  speech.speak(words);
}

if (speech) {
  const offer = () => buttons.forEach(button => { button.hidden = !voice(); });
  offer();
  speech.addEventListener?.('voiceschanged', offer);
  addEventListener('pagehide', stop);
  buttons.forEach(button => button.addEventListener('click', () => {
    const again = speaking === button;
    stop();
    if (!again) read(button);
  }));
}
