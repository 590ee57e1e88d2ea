//! The names of events as constants, so that no other file spells one.

/// `Products Searched`.
pub const PRODUCTS_SEARCHED: &str = "Products Searched";
/// `Product Viewed`.
pub const PRODUCT_VIEWED: &str = "Product Viewed";
/// `Product Added`.
pub const PRODUCT_ADDED: &str = "Product Added";
/// `Cart Viewed`.
pub const CART_VIEWED: &str = "Cart Viewed";
/// `Checkout Started`.
pub const CHECKOUT_STARTED: &str = "Checkout Started";
/// `Payment Info Entered`.
pub const PAYMENT_INFO_ENTERED: &str = "Payment Info Entered";
/// `Order Completed`.
pub const ORDER_COMPLETED: &str = "Order Completed";
/// `Order Refunded`.
pub const ORDER_REFUNDED: &str = "Order Refunded";
/// `Order Cancelled`.
pub const ORDER_CANCELLED: &str = "Order Cancelled";
/// `Account Created`.
pub const ACCOUNT_CREATED: &str = "Account Created";
/// `Signed In`.
pub const SIGNED_IN: &str = "Signed In";
/// `Signed Out`.
pub const SIGNED_OUT: &str = "Signed Out";
/// `Authentication Challenged`.
pub const AUTHENTICATION_CHALLENGED: &str = "Authentication Challenged";
/// `Authentication Succeeded`.
pub const AUTHENTICATION_SUCCEEDED: &str = "Authentication Succeeded";
/// `Authentication Failed`.
pub const AUTHENTICATION_FAILED: &str = "Authentication Failed";
/// `Authentication Abandoned`.
pub const AUTHENTICATION_ABANDONED: &str = "Authentication Abandoned";
/// `Password Reset Requested`.
pub const PASSWORD_RESET_REQUESTED: &str = "Password Reset Requested";
/// `Password Changed`.
pub const PASSWORD_CHANGED: &str = "Password Changed";
/// `Passkey Registered`.
pub const PASSKEY_REGISTERED: &str = "Passkey Registered";
/// `Passkey Removed`.
pub const PASSKEY_REMOVED: &str = "Passkey Removed";
/// `Second Factor Added`.
pub const SECOND_FACTOR_ADDED: &str = "Second Factor Added";
/// `Second Factor Removed`.
pub const SECOND_FACTOR_REMOVED: &str = "Second Factor Removed";
/// `Account Locked`.
pub const ACCOUNT_LOCKED: &str = "Account Locked";
/// `Security Warning Shown`.
pub const SECURITY_WARNING_SHOWN: &str = "Security Warning Shown";
/// `Security Page Viewed`.
pub const SECURITY_PAGE_VIEWED: &str = "Security Page Viewed";
/// `Security Notice Sent`.
pub const SECURITY_NOTICE_SENT: &str = "Security Notice Sent";
/// `Payment Challenged`.
pub const PAYMENT_CHALLENGED: &str = "Payment Challenged";
/// `Payment Refused`.
pub const PAYMENT_REFUSED: &str = "Payment Refused";
/// `Consent Given`.
pub const CONSENT_GIVEN: &str = "Consent Given";
/// `Consent Refused`.
pub const CONSENT_REFUSED: &str = "Consent Refused";
/// `Data Export Requested`.
pub const DATA_EXPORT_REQUESTED: &str = "Data Export Requested";
/// `Account Deletion Requested`.
pub const ACCOUNT_DELETION_REQUESTED: &str = "Account Deletion Requested";
/// `Account Deleted`.
pub const ACCOUNT_DELETED: &str = "Account Deleted";
