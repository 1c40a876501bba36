<?php
// Makes an empty WordPress ready for tests: `php install.php FOLDER` prints the application password of each user.
define('WP_INSTALLING', true);
$_SERVER += ['HTTP_HOST' => '127.0.0.1', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REMOTE_ADDR' => '127.0.0.1'];
function wp_mail() { return true; } // there is nobody to write to
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Garden notes', 'admin', 'admin@example.com', true, '', wp_generate_password());
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules(false);
$passwords = [];
foreach (['admin' => 'administrator', 'editor', 'author', 'contributor', 'subscriber'] as $login => $role) {
    $login = is_int($login) ? $role : $login;
    $user = get_user_by('login', $login);
    $id = $user ? $user->ID : wp_insert_user([
        'user_login' => $login, 'user_pass' => wp_generate_password(), 'user_email' => "$login@example.com", 'role' => $role,
    ]);
    [$passwords[$login]] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'tests']);
}
echo json_encode($passwords);
