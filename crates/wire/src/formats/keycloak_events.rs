//! What Keycloak's events are in our vocabulary.

use fidance_domain::vocabulary as words;

/// The name of an event of a user, by Keycloak's type; `None` where it is of no interest here.
///
/// `credential` is the type of credential, where the event is about one.
pub(crate) fn of_user(kind: &str, credential: Option<&str>) -> Option<&'static str> {
    Some(match kind {
        "LOGIN" => words::AUTHENTICATION_SUCCEEDED,
        "LOGIN_ERROR" => words::AUTHENTICATION_FAILED,
        "LOGOUT" => words::SIGNED_OUT,
        "REGISTER" => words::ACCOUNT_CREATED,
        "SEND_RESET_PASSWORD" => words::PASSWORD_RESET_REQUESTED,
        "RESET_PASSWORD" | "UPDATE_PASSWORD" => words::PASSWORD_CHANGED,
        "UPDATE_TOTP" => words::SECOND_FACTOR_ADDED,
        "REMOVE_TOTP" => words::SECOND_FACTOR_REMOVED,
        "UPDATE_CREDENTIAL" => match credential {
            None | Some("password") => words::PASSWORD_CHANGED,
            Some("webauthn-passwordless") => words::PASSKEY_REGISTERED,
            Some(_) => words::SECOND_FACTOR_ADDED,
        },
        "REMOVE_CREDENTIAL" => match credential {
            Some("password") => return None,
            Some("webauthn-passwordless") => words::PASSKEY_REMOVED,
            _ => words::SECOND_FACTOR_REMOVED,
        },
        "DELETE_ACCOUNT" => words::ACCOUNT_DELETED,
        _ => return None,
    })
}

/// The name of what an administrator did to a user, and that user's id, from `users/ID/…`.
pub(crate) fn of_admin<'t>(
    resource: Option<&str>,
    operation: Option<&str>,
    path: &'t str,
) -> Option<(&'static str, &'t str)> {
    if resource.is_some_and(|resource| resource != "USER") {
        return None;
    }
    let mut parts = path.trim_start_matches('/').split('/');
    let (Some("users"), Some(user)) = (parts.next(), parts.next()) else { return None };
    let event = match (operation?, parts.next()) {
        ("CREATE", None) => words::ACCOUNT_CREATED,
        ("DELETE", None) => words::ACCOUNT_DELETED,
        ("ACTION", Some("reset-password")) => words::PASSWORD_CHANGED,
        _ => return None,
    };
    Some((event, user))
}
