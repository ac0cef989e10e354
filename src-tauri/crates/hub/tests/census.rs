//! Nothing is left of a hub that was shut down (rule R1.5). Alone in its process, so that what is counted is its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(target_os = "linux")]

use hub::upstream::UpstreamConfig;
use hub::upstream::restaurant_os::Credentials;
use hub::{Hub, HubConfig};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use testkit::restaurant_os::{RESTAURANT, RestaurantOs, Traps};

/// Starts a hub with a back end, uses it and ends it.
async fn cycle(data: &std::path::Path, back: &RestaurantOs) {
    let mut config = HubConfig::new(data);
    let (email, password) = ("kitchen@example.com".to_owned(), "kitchen-password".to_owned());
    config.upstream = Some(UpstreamConfig {
        base_url: back.url(),
        authority: None,
        restaurant: RESTAURANT.to_owned(),
        credentials: Credentials::Email { email, password },
    });
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let hub = Hub::start(config).await.unwrap();
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let path = format!("http://{}/api/v1/orders", hub.addr());
    let order = r#"{"items":[{"name":"Soup"}]}"#;
    let answer = client.post(&path).bearer_auth(hub.token()).body(order).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let answer = client.get(&path).bearer_auth(hub.token()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let end = Instant::now() + Duration::from_secs(10);
    while back.listening() == 0 {
        assert!(Instant::now() < end, "the hub never listens to the back end");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ending = hub.shutdown().await;
    assert!(
        ending.in_time && ending.alive == 0 && ending.steps.iter().all(|step| step.finished),
        "{ending:?}"
    );
}

#[test]
fn r1_5_no_thread_file_or_task_is_left_after_a_hub() {
    let count = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    // The runtime's threads for blocking work go as soon as they have nothing to do, so that only a hub's could stay.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(Duration::from_millis(20))
        .build()
        .unwrap();
    let data = tempfile::tempdir().unwrap();
    let back = runtime.block_on(RestaurantOs::start(Traps::default()));
    let metrics = runtime.metrics();
    let (threads, files, tasks) = (count("task"), count("fd"), metrics.num_alive_tasks());
    runtime.block_on(async {
        for _ in 0..100 {
            cycle(data.path(), &back).await;
        }
        let end = Instant::now() + Duration::from_secs(10);
        while count("fd") > files || count("task") > threads || metrics.num_alive_tasks() > tasks {
            assert!(
                Instant::now() < end,
                "files {files} -> {}, threads {threads} -> {}, tasks {tasks} -> {}",
                count("fd"),
                count("task"),
                metrics.num_alive_tasks()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}
