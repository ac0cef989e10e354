//! One stream on a thread of its own. The thread says how it goes and is never waited for.

use super::Lost;
use crate::audio::{FRAME, RATE};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, Sample, SampleFormat, SizedSample};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// A microphone to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The system's id.
    pub id: String,
    /// Shown name.
    pub name: String,
}

/// A stream that is open or on its way.
pub(super) struct Stream {
    samples: rtrb::Consumer<f32>,
    told: Receiver<Told>,
    /// Dropped: the stream is not wanted any more.
    _wanted: SyncSender<()>,
}

/// What a stream's thread says.
#[derive(Debug)]
pub(super) enum Told {
    /// It runs.
    Playing { name: String, rate: u32 },
    /// It does not, or does no longer.
    Lost(Lost),
    /// The computer's default is another device now.
    Moved,
}

/// A second of sound: the supervisor fetches it a hundred times as often.
const RING: usize = RATE as usize;
/// How often the computer's default device is looked at.
const DEFAULT: Duration = Duration::from_secs(2);
/// What the listing of devices may take.
const LISTING: Duration = Duration::from_secs(2);

/// The microphones of this computer. Bounded: a sound server that hangs gives none.
#[must_use]
pub fn devices() -> Vec<Device> {
    let (found, listed) = sync_channel(1);
    let list = move || {
        let host = host();
        let named =
            |device: cpal::Device| Some(Device { id: device.id().ok()?.to_string(), name: name_of(&device) });
        let devices: Vec<Device> = host.input_devices().into_iter().flatten().filter_map(named).collect();
        let _ = found.send(devices);
    };
    match std::thread::Builder::new().name("microphones".to_owned()).spawn(list) {
        Ok(_) => listed.recv_timeout(LISTING).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

impl Stream {
    /// Begins to open the device of that id, else the computer's default one.
    pub(super) fn open(device: Option<String>) -> std::io::Result<Self> {
        let (producer, samples) = rtrb::RingBuffer::new(RING);
        let (tell, told) = sync_channel(8);
        let (wanted, unwanted) = sync_channel(0);
        std::thread::Builder::new()
            .name("microphone stream".to_owned())
            .spawn(move || serve(device.as_deref(), producer, &tell, &unwanted))?;
        Ok(Self { samples, told, _wanted: wanted })
    }

    pub(super) fn told(&self) -> Option<Told> {
        self.told.try_recv().ok()
    }

    /// Gives every sample that has come; says whether there were any.
    pub(super) fn drain(&mut self, mut take: impl FnMut(f32)) -> bool {
        let mut came = false;
        while let Ok(sample) = self.samples.pop() {
            came = true;
            take(sample);
        }
        came
    }
}

/// The sound server where one runs, else the system's own.
fn host() -> cpal::Host {
    #[cfg(target_os = "linux")]
    super::show_cookie();
    #[cfg(target_os = "linux")]
    if let Ok(host) = cpal::host_from_id(cpal::HostId::PulseAudio) {
        return host;
    }
    cpal::default_host()
}

fn name_of(device: &cpal::Device) -> String {
    device.description().map(|description| description.name().to_owned()).unwrap_or_default()
}

fn serve(
    wanted: Option<&str>,
    producer: rtrb::Producer<f32>,
    tell: &SyncSender<Told>,
    unwanted: &Receiver<()>,
) {
    let host = host();
    let chosen = wanted.and_then(|wanted| {
        let is_it = |device: &cpal::Device| device.id().is_ok_and(|id| id.to_string() == wanted);
        host.input_devices().ok()?.find(is_it)
    });
    // A chosen device that is not there is waited for with the computer's own one.
    let follows_default = chosen.is_none();
    let Some(device) = chosen.or_else(|| host.default_input_device()) else {
        let _ = tell.try_send(Told::Lost(Lost::NoDevice));
        return;
    };
    let _stream = match build(&device, producer, tell) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(target: "voice", error = %error, "the microphone does not open");
            let _ = tell.try_send(Told::Lost(lost_by(error.kind(), Lost::NoDevice)));
            return;
        }
    };
    let id = device.id().ok();
    loop {
        match unwanted.recv_timeout(DEFAULT) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) if follows_default => {
                let default = host.default_input_device().and_then(|device| device.id().ok());
                if default.is_some() && default != id {
                    let _ = tell.try_send(Told::Moved);
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn build(
    device: &cpal::Device,
    producer: rtrb::Producer<f32>,
    tell: &SyncSender<Told>,
) -> Result<cpal::Stream, cpal::Error> {
    let supported = device.default_input_config()?;
    let mut config: cpal::StreamConfig = supported.into();
    // Sound servers convert to any rate; others get what they have.
    #[cfg(target_os = "linux")]
    if cpal::host_from_id(cpal::HostId::PulseAudio).is_ok() {
        config.sample_rate = RATE;
        config.buffer_size = BufferSize::Fixed(FRAME as u32);
    }
    let said = tell.clone();
    let playing = Told::Playing { name: name_of(device), rate: config.sample_rate };
    let stream = match supported.sample_format() {
        SampleFormat::F32 => input::<f32>(device, config, producer, said),
        SampleFormat::I16 => input::<i16>(device, config, producer, said),
        SampleFormat::I32 => input::<i32>(device, config, producer, said),
        SampleFormat::U8 => input::<u8>(device, config, producer, said),
        _ => Err(cpal::Error::new(ErrorKind::UnsupportedConfig)),
    }?;
    stream.play()?;
    let _ = tell.try_send(playing);
    Ok(stream)
}

fn input<T: SizedSample>(
    device: &cpal::Device,
    config: cpal::StreamConfig,
    mut producer: rtrb::Producer<f32>,
    tell: SyncSender<Told>,
) -> Result<cpal::Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels.max(1));
    #[expect(clippy::cast_precision_loss, reason = "a few channels")]
    let share = 1.0 / channels as f32;
    device.build_input_stream(
        config,
        move |samples: &[T], _: &cpal::InputCallbackInfo| {
            for all in samples.chunks_exact(channels) {
                let mono = all.iter().map(|sample| f32::from_sample(*sample)).sum::<f32>() * share;
                // Full: nobody fetches; what is old is of no use.
                let _ = producer.push(mono);
            }
        },
        move |error: cpal::Error| match error.kind() {
            // The stream goes on.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied | ErrorKind::Xrun => {}
            kind => {
                let _ = tell.try_send(Told::Lost(lost_by(kind, Lost::Unplugged)));
            }
        },
        Some(super::OPENING),
    )
}

fn lost_by(kind: ErrorKind, gone: Lost) -> Lost {
    match kind {
        ErrorKind::DeviceBusy => Lost::Busy,
        ErrorKind::PermissionDenied => Lost::Forbidden,
        ErrorKind::DeviceNotAvailable => gone,
        _ => Lost::Server,
    }
}
